//! The tables of mails: those that leave, and those that came in.

diesel::table! {
    outbox (id) {
        id -> Text,
        kind -> Text,
        dedupe_key -> Text,
        thread_key -> Text,
        party -> Text,
        recipient_name -> Nullable<Text>,
        recipient_address -> Text,
        application_id -> Text,
        placement_id -> Nullable<Text>,
        run_id -> Nullable<Text>,
        facts -> Text,
        state -> Text,
        message_id -> Nullable<Text>,
        message -> Nullable<Binary>,
        attempts -> BigInt,
        next_attempt_at -> Timestamp,
        lease_until -> Nullable<Timestamp>,
        lease_by -> Nullable<Text>,
        last_answer -> Nullable<Text>,
        created_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    inbound_mails (id) {
        id -> Text,
        received_at -> Timestamp,
        channel -> Text,
        sha256 -> Text,
        fingerprint -> Text,
        message_id -> Nullable<Text>,
        kind -> Text,
        outcome -> Text,
        placement_id -> Nullable<Text>,
        party -> Nullable<Text>,
        notice_id -> Nullable<Text>,
        stamped_at -> Nullable<Timestamp>,
        detail -> Nullable<Text>,
    }
}
