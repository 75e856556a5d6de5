//! The table of mails that came in, which no query joins with another.

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
