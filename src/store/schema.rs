//! The tables as diesel sees them; the truth is in `migrations`.

diesel::table! {
    employers (id) { id -> Text, name -> Text, group_name -> Nullable<Text>, language -> Nullable<Text>, successor_id -> Nullable<Text>, hr_email -> Nullable<Text>, created_at -> Timestamp, }
}
diesel::table! {
    employer_domains (employer_id, domain) { employer_id -> Text, domain -> Text, }
}
diesel::table! {
    employer_managers (employer_id, email) { employer_id -> Text, email -> Text, }
}
diesel::table! {
    libraries (id) {
        id -> Text,
        reference -> Text,
        name -> Text,
        search_text -> Text,
        sectors -> Text,
        address -> Nullable<Text>,
        postcode -> Nullable<Text>,
        country -> Nullable<Text>,
        latitude -> Nullable<Double>,
        longitude -> Nullable<Double>,
        time_zone -> Text,
        status -> Text,
        opening_hours -> Nullable<Text>,
        contact_name -> Nullable<Text>,
        contact_email -> Nullable<Text>,
        contact_telephone -> Nullable<Text>,
        contact_language -> Nullable<Text>,
        deputy_name -> Nullable<Text>,
        deputy_email -> Nullable<Text>,
        deputy_telephone -> Nullable<Text>,
        deputy_language -> Nullable<Text>,
        topics -> Text,
        access -> Text,
        vetting_required -> Bool,
        escorts_visitors -> Bool,
        successor_id -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}
diesel::table! {
    library_employers (library_id, employer_id) { library_id -> Text, employer_id -> Text, }
}
diesel::table! {
    persons (id) { id -> Text, name -> Text, email -> Text, created_at -> Timestamp, erased_at -> Nullable<Timestamp>, }
}
diesel::table! {
    rounds (id) {
        id -> Text,
        name -> Text,
        state -> Text,
        time_zone -> Text,
        sign_up_until -> Date,
        answer_until -> Date,
        dates -> Text,
        rules -> Text,
        release_required -> Bool,
        rules_sha256 -> Nullable<Text>,
        revision -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}
diesel::table! {
    privacy_notices (round_id, version) {
        round_id -> Text,
        version -> BigInt,
        controller -> Text,
        purpose -> Text,
        consent -> Text,
        created_at -> Timestamp,
    }
}
diesel::table! {
    round_libraries (round_id, library_id) {
        round_id -> Text,
        library_id -> Text,
        hosting -> Text,
        hosting_rule -> Nullable<Text>,
        hosting_limit -> Nullable<BigInt>,
        year_limit -> Nullable<BigInt>,
        rest_days -> Nullable<BigInt>,
        release -> Text,
        cover_rule -> Nullable<Text>,
        hours -> Text,
        updated_at -> Timestamp,
    }
}
diesel::table! {
    applications (id) {
        id -> Text,
        round_id -> Text,
        person_id -> Text,
        employer_id -> Text,
        home_library_id -> Text,
        name -> Text,
        state -> Text,
        dates -> Text,
        released_dates -> Text,
        hours -> Text,
        pattern -> Nullable<Text>,
        max_km -> Double,
        sectors -> Text,
        topics -> Text,
        avoid -> Text,
        manager_email -> Text,
        manager_trust -> Text,
        refusal_reason -> Nullable<Text>,
        refusal_words -> Nullable<Text>,
        assured_until -> Nullable<Date>,
        role_title -> Nullable<Text>,
        objectives -> Nullable<Text>,
        language -> Text,
        privacy_version -> Nullable<BigInt>,
        revision -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}
diesel::table! {
    access_needs (application_id) { application_id -> Text, needs -> Text, }
}
diesel::table! {
    access_need_readings (id) {
        id -> Text,
        application_id -> Text,
        at -> Timestamp,
        reader -> Text,
        role -> Text,
        on_behalf_of -> Nullable<Text>,
        what -> Text,
    }
}
diesel::table! {
    round_locks (round_id, application_id) {
        round_id -> Text,
        application_id -> Text,
        host_library_id -> Text,
        date -> Date,
        override_reason -> Nullable<Text>,
        created_at -> Timestamp,
    }
}
diesel::table! {
    round_forbidden (id) {
        id -> Text,
        round_id -> Text,
        application_id -> Text,
        host_library_id -> Text,
        date -> Nullable<Date>,
        created_at -> Timestamp,
    }
}
diesel::table! {
    runs (id) {
        id -> Text,
        round_id -> Text,
        kind -> Text,
        state -> Text,
        edited_from -> Nullable<Text>,
        override_reason -> Nullable<Text>,
        seed -> BigInt,
        time_limit_seconds -> BigInt,
        work_limit -> Nullable<BigInt>,
        gap_limit -> Double,
        threads -> BigInt,
        round_revision -> BigInt,
        round_sha256 -> Text,
        progress_value -> Nullable<BigInt>,
        progress_bound -> Nullable<BigInt>,
        progress_work -> Nullable<BigInt>,
        cancel_asked -> Bool,
        placed -> Nullable<BigInt>,
        unplaced -> Nullable<BigInt>,
        value -> Nullable<BigInt>,
        bound -> Nullable<BigInt>,
        proof -> Nullable<Text>,
        stopped -> Nullable<Text>,
        error -> Nullable<Text>,
        attempts -> BigInt,
        lease_until -> Nullable<Timestamp>,
        lease_by -> Nullable<Text>,
        created_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    run_files (run_id) {
        run_id -> Text,
        round_file -> Text,
        schedule_file -> Nullable<Text>,
        reduced_at -> Nullable<Timestamp>,
        is_emptied -> Bool,
    }
}
diesel::table! {
    run_proofs (run_id) { run_id -> Text, audit_file -> Text, schedule_file -> Text, }
}
diesel::table! {
    placements (id) {
        id -> Text,
        round_id -> Text,
        run_id -> Text,
        application_id -> Text,
        person_id -> Text,
        employer_id -> Text,
        home_library_id -> Text,
        host_library_id -> Text,
        date -> Date,
        starts -> Text,
        ends -> Text,
        time_zone -> Text,
        score -> BigInt,
        ring -> Nullable<BigInt>,
        override_reason -> Nullable<Text>,
        state -> Text,
        answer_until -> Nullable<Date>,
        version -> BigInt,
        contact_name -> Nullable<Text>,
        contact_email -> Nullable<Text>,
        is_virtual -> Bool,
        revision -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}
diesel::table! {
    schedule_counters (employer_id) { employer_id -> Text, revision -> BigInt, forgotten -> BigInt, }
}
diesel::table! {
    schedule_entries (placement_id) {
        placement_id -> Text,
        employer_id -> Text,
        revision -> BigInt,
        first_revision -> BigInt,
        since_revision -> Nullable<BigInt>,
    }
}
diesel::table! {
    consents (placement_id, party) {
        placement_id -> Text,
        party -> Text,
        answer -> Text,
        answered_at -> Nullable<Timestamp>,
        answered_by -> Nullable<Text>,
        channel -> Nullable<Text>,
        answered_as -> Nullable<Text>,
        on_behalf_of -> Nullable<Text>,
        reason -> Nullable<Text>,
        reminded_at -> Nullable<Timestamp>,
        deputy_asked_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    invitations (placement_id, party) {
        placement_id -> Text,
        party -> Text,
        uid -> Text,
        sequence -> BigInt,
        told -> Nullable<Text>,
        told_since -> Nullable<BigInt>,
        is_in_calendar -> Nullable<Bool>,
    }
}
diesel::table! {
    api_tokens (id) {
        id -> Text,
        name -> Text,
        secret_sha256 -> Text,
        role -> Text,
        employers -> Text,
        round_id -> Nullable<Text>,
        scopes -> Nullable<Text>,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
        replaced_by -> Nullable<Text>,
    }
}
diesel::table! {
    grants (id) {
        id -> Text,
        address -> Text,
        role -> Text,
        employers -> Text,
        round_id -> Nullable<Text>,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    webhooks (id) {
        id -> Text,
        employer_id -> Text,
        url -> Text,
        secret -> Text,
        former_secret -> Nullable<Text>,
        former_until -> Nullable<Timestamp>,
        created_at -> Timestamp,
        delivered_at -> Nullable<Timestamp>,
        disabled_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    webhook_messages (id) {
        id -> Text,
        webhook_id -> Text,
        kind -> Text,
        data -> Text,
        state -> Text,
        attempts -> BigInt,
        first_tried_at -> Nullable<Timestamp>,
        next_attempt_at -> Timestamp,
        last_status -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
        lease_by -> Nullable<Text>,
        lease_until -> Nullable<Timestamp>,
        settled_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    schedule_deliveries (id) {
        id -> Text,
        employer_id -> Text,
        format -> Text,
        profile -> Text,
        delimiter -> Nullable<Text>,
        bom -> Nullable<Text>,
        absence_code -> Nullable<Text>,
        contents -> Text,
        weeks -> Nullable<BigInt>,
        unit_id -> Nullable<Text>,
        sector -> Nullable<Text>,
        weekdays -> Text,
        due_time -> Text,
        time_zone -> Text,
        way -> Text,
        address -> Nullable<Text>,
        created_at -> Timestamp,
        next_due_at -> Timestamp,
        last_number -> BigInt,
        read_revision -> Nullable<BigInt>,
    }
}
diesel::table! {
    schedule_dispatches (id) {
        id -> Text,
        delivery_id -> Text,
        number -> BigInt,
        due_at -> Timestamp,
        made_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
        state -> Text,
        failure -> Nullable<Text>,
        last_error -> Nullable<Text>,
        attempts -> BigInt,
        next_attempt_at -> Timestamp,
        row_count -> BigInt,
        read_from -> Nullable<BigInt>,
        read_to -> BigInt,
        begins_anew -> Bool,
        notice_id -> Nullable<Text>,
        file_name -> Nullable<Text>,
        byte_count -> Nullable<BigInt>,
        sha256 -> Nullable<Text>,
        file -> Nullable<Binary>,
    }
}
diesel::table! {
    impact_reports (round_id) {
        round_id -> Text,
        document -> Text,
        made_at -> Timestamp,
    }
}
diesel::table! {
    deputyships (id) {
        id -> Text,
        principal -> Text,
        deputy -> Text,
        role -> Text,
        starts_on -> Date,
        ends_on -> Date,
        created_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    sign_in_links (id) {
        id -> Text,
        secret_sha256 -> Text,
        address -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    sessions (id) {
        id -> Text,
        secret_sha256 -> Text,
        way -> Text,
        holder -> Text,
        mandates -> Nullable<Text>,
        capacity -> Nullable<Text>,
        created_at -> Timestamp,
        seen_at -> Timestamp,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    links (id) {
        id -> Text,
        secret_sha256 -> Text,
        purpose -> Text,
        application_id -> Text,
        placement_id -> Nullable<Text>,
        reserve_offer_id -> Nullable<Text>,
        party -> Text,
        recipient -> Text,
        is_deputy -> Bool,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    audit_entries (id) {
        id -> Text,
        at -> Timestamp,
        actor -> Text,
        role -> Text,
        on_behalf_of -> Nullable<Text>,
        action -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        details -> Text,
    }
}
diesel::table! {
    audit_chain (position) { position -> BigInt, entry_id -> Text, hash -> Text, }
}
diesel::table! {
    idempotent_requests (key_sha256) { key_sha256 -> Text, fingerprint -> Text, begun_at -> Timestamp, answer -> Nullable<Binary>, }
}
diesel::table! {
    audit_waiting (entry_id) { entry_id -> Text, }
}
diesel::table! {
    outbox (id) {
        id -> Text,
        kind -> Text,
        dedupe_key -> Text,
        thread_key -> Text,
        party -> Text,
        recipient_name -> Nullable<Text>,
        recipient_address -> Text,
        application_id -> Nullable<Text>,
        placement_id -> Nullable<Text>,
        run_id -> Nullable<Text>,
        facts -> Text,
        state -> Text,
        message_id -> Nullable<Text>,
        message -> Nullable<Binary>,
        opt_out_hash -> Nullable<Text>,
        attempts -> BigInt,
        next_attempt_at -> Timestamp,
        lease_until -> Nullable<Timestamp>,
        lease_by -> Nullable<Text>,
        last_answer -> Nullable<Text>,
        created_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
        superseded_by -> Nullable<Text>,
        again_of -> Nullable<Text>,
        digest_id -> Nullable<Text>,
    }
}
diesel::table! {
    opt_outs (address) {
        address -> Text,
        since -> Timestamp,
    }
}
diesel::table! {
    mail_pauses (id) {
        id -> Text,
        since -> Timestamp,
        answer -> Text,
        tries -> BigInt,
        next_try_at -> Timestamp,
    }
}
diesel::table! {
    calendars (id) {
        id -> Text,
        name -> Text,
        kind -> Text,
        employer_id -> Nullable<Text>,
        division -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}
diesel::table! {
    calendar_periods (calendar_id, starts_on, ends_on, kind, label) {
        calendar_id -> Text,
        starts_on -> Date,
        ends_on -> Date,
        kind -> Text,
        label -> Text,
    }
}
diesel::table! {
    library_calendars (library_id, calendar_id) { library_id -> Text, calendar_id -> Text, }
}
diesel::table! {
    library_exceptions (library_id, date) {
        library_id -> Text,
        date -> Date,
        opens -> Text,
        label -> Text,
        updated_at -> Timestamp,
    }
}
diesel::table! {
    employments (id) {
        id -> Text,
        person_id -> Text,
        employer_id -> Text,
        external_id -> Text,
        home_library_id -> Nullable<Text>,
        manager_email -> Nullable<Text>,
        pattern -> Nullable<Text>,
        left_on -> Nullable<Date>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}
diesel::table! {
    past_placements (id) {
        id -> Text,
        person_id -> Text,
        host_library_id -> Text,
        date -> Date,
        created_at -> Timestamp,
    }
}
diesel::table! {
    import_mappings (kind, name) { kind -> Text, name -> Text, renamings -> Text, updated_at -> Timestamp, }
}

diesel::table! {
    given_histories (application_id) {
        application_id -> Text,
        waited -> BigInt,
        visited -> Text,
    }
}

diesel::table! {
    round_introductions (round_id, kind) {
        round_id -> Text,
        kind -> Text,
        words -> Text,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    attendances (placement_id) {
        placement_id -> Text,
        kind -> Text,
        left_at -> Nullable<Text>,
        first_at -> Timestamp,
    }
}
diesel::table! {
    feedback (id) {
        id -> Text,
        placement_id -> Text,
        party -> Text,
        preparation -> BigInt,
        welcome -> BigInt,
        learning -> BigInt,
        comments -> Nullable<Text>,
        updated_at -> Timestamp,
    }
}
diesel::table! {
    certificates (id) {
        id -> Text,
        placement_id -> Text,
        code_hash -> Text,
        language -> Text,
        until -> Text,
        issued_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    ideas (id) {
        id -> Text,
        placement_id -> Text,
        words -> Text,
        search_text -> Text,
        topics -> Text,
        from_sectors -> Text,
        to_sectors -> Text,
        shown_as -> Text,
        hidden_reason -> Nullable<Text>,
        created_at -> Timestamp,
    }
}
diesel::table! {
    idea_trials (idea_id, tried_by) { idea_id -> Text, tried_by -> Text, created_at -> Timestamp, }
}
diesel::table! {
    idea_questions (idea_id, person_id) {
        idea_id -> Text,
        person_id -> Text,
        application_id -> Text,
        words -> Nullable<Text>,
        asked_at -> Timestamp,
    }
}
diesel::table! {
    library_packs (library_id) { library_id -> Text, fields -> Text, updated_at -> Timestamp, }
}

diesel::table! {
    feeds (id) { id -> Text, kind -> Text, person_id -> Nullable<Text>, library_id -> Nullable<Text>, employer_id -> Nullable<Text>, email -> Nullable<Text>, secret_sha256 -> Text, created_at -> Timestamp, last_used_on -> Nullable<Date>, revoked_at -> Nullable<Timestamp>, }
}
diesel::table! {
    joining_packs (placement_id, version) {
        placement_id -> Text,
        version -> BigInt,
        revision -> BigInt,
        fields -> Text,
        updated_at -> Timestamp,
    }
}
diesel::table! {
    alternatives (id) {
        id -> Text, placement_id -> Text, version -> BigInt, kind -> Text, date -> Date, starts -> Text,
        ends -> Text, contact_name -> Nullable<Text>, contact_email -> Nullable<Text>, words -> Nullable<Text>,
        state -> Text, set_aside -> Text, offered_at -> Timestamp, offered_by -> Text, offered_as -> Text,
        on_behalf_of -> Nullable<Text>, channel -> Text, settled_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    repairs (id) {
        id -> Text, round_id -> Text, asked -> Text, fingerprint -> Text, round_file -> Text,
        default_option -> Text, created_at -> Timestamp, applied_option -> Nullable<Text>,
        applied_at -> Nullable<Timestamp>, is_emptied -> Bool,
    }
}
diesel::table! {
    repair_options (id) { id -> Text, repair_id -> Text, place -> BigInt, plan -> Text, schedule_file -> Text, }
}

diesel::table! {
    swaps (id) {
        id -> Text, round_id -> Text, state -> Text, answer_until -> Date, set_aside -> Text,
        reason -> Nullable<Text>, created_at -> Timestamp, settled_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    swap_members (swap_id, place) {
        swap_id -> Text, place -> BigInt, named -> Nullable<Text>, placement_id -> Nullable<Text>, starts -> Nullable<Text>,
        ends -> Nullable<Text>, became_id -> Nullable<Text>,
    }
}
diesel::table! {
    swap_consents (swap_id, place, party) {
        swap_id -> Text, place -> BigInt, party -> Text, answer -> Text, answered_at -> Nullable<Timestamp>,
        answered_by -> Nullable<Text>, channel -> Nullable<Text>, answered_as -> Nullable<Text>,
        on_behalf_of -> Nullable<Text>, reason -> Nullable<Text>,
    }
}
diesel::table! {
    refills (id) {
        id -> Text, placement_id -> Text, round_id -> Text, host_library_id -> Text, date -> Date, named -> Nullable<Text>,
        state -> Text, waits_for -> Nullable<Text>, reason -> Nullable<Text>, started_at -> Timestamp,
        started_by -> Text, ended_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    reserve_offers (id) {
        id -> Text, refill_id -> Text, application_id -> Text, person_id -> Text, starts -> Text, ends -> Text,
        answer_until -> Date, state -> Text, offered_at -> Timestamp, settled_at -> Nullable<Timestamp>,
        answered_by -> Nullable<Text>, placement_id -> Nullable<Text>,
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
        proposed_starts_at -> Nullable<Timestamp>,
        proposed_ends_at -> Nullable<Timestamp>,
        terms_version -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    inbound_mails,
    swaps,
    swap_members,
    swap_consents,
    refills,
    reserve_offers,
    repairs,
    repair_options,
    alternatives,
    given_histories,
    employers,
    employer_domains,
    employer_managers,
    libraries,
    library_employers,
    persons,
    rounds,
    round_libraries,
    applications,
    access_need_readings,
    access_needs,
    round_locks,
    round_forbidden,
    runs,
    run_files,
    run_proofs,
    placements,
    schedule_counters,
    schedule_entries,
    privacy_notices,
    consents,
    invitations,
    api_tokens,
    grants,
    deputyships,
    impact_reports,
    sign_in_links,
    sessions,
    links,
    audit_entries,
    audit_chain,
    audit_waiting,
    outbox,
    opt_outs,
    mail_pauses,
    calendars,
    calendar_periods,
    library_calendars,
    library_exceptions,
    employments,
    past_placements,
    import_mappings,
    round_introductions,
    attendances,
    feedback,
    certificates,
    ideas,
    idea_trials,
    idea_questions,
    library_packs,
    joining_packs,
    feeds,
    webhooks,
    webhook_messages,
    schedule_deliveries,
    schedule_dispatches,
);
