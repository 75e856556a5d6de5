-- The whole schema of the first version. Ids are uuid v7 as text; instants are UTC, cut to microseconds; lists and
-- tables that are only ever read whole are JSON text; states carry a CHECK so that neither database takes a misspelt
-- one. Constraint names are equal on both databases, because error handling reads them.

CREATE TABLE employers (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Employers with the same group count as one for "no exchange within the same employer".
    group_name TEXT,
    -- In which its line managers and HR read mails and calendars; absent means the installation's.
    language TEXT,
    -- What it was merged into or renamed.
    successor_id TEXT,
    -- Where the daily digest of its staff's days goes.
    hr_email TEXT,
    created_at TEXT NOT NULL,
    CONSTRAINT employers_pkey PRIMARY KEY (id),
    CONSTRAINT employers_name_key UNIQUE (name),
    CONSTRAINT employers_successor_fkey FOREIGN KEY (successor_id) REFERENCES employers (id)
) STRICT;

CREATE TABLE employer_domains (
    employer_id TEXT NOT NULL,
    domain TEXT NOT NULL,
    CONSTRAINT employer_domains_pkey PRIMARY KEY (employer_id, domain),
    CONSTRAINT employer_domains_employer_fkey FOREIGN KEY (employer_id) REFERENCES employers (id)
) STRICT;

CREATE TABLE employer_managers (
    employer_id TEXT NOT NULL,
    email TEXT NOT NULL,
    CONSTRAINT employer_managers_pkey PRIMARY KEY (employer_id, email),
    CONSTRAINT employer_managers_employer_fkey FOREIGN KEY (employer_id) REFERENCES employers (id)
) STRICT;

CREATE TABLE libraries (
    id TEXT NOT NULL,
    -- The id of the library in the list it came from.
    reference TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Name, reference, address and postcode in lower case, for search: the databases fold differently.
    search_text TEXT NOT NULL,
    sectors TEXT NOT NULL,
    address TEXT,
    postcode TEXT,
    country TEXT,
    -- Both or neither; absent means unknown, never 0.
    latitude REAL,
    longitude REAL,
    time_zone TEXT NOT NULL,
    status TEXT NOT NULL,
    opening_hours TEXT,
    contact_name TEXT,
    contact_email TEXT,
    contact_telephone TEXT,
    -- In which the contact reads; absent means the installation's.
    contact_language TEXT,
    -- Who is asked where the contact is silent.
    deputy_name TEXT,
    deputy_email TEXT,
    deputy_telephone TEXT,
    deputy_language TEXT,
    topics TEXT NOT NULL,
    access TEXT NOT NULL,
    vetting_required INTEGER NOT NULL,
    escorts_visitors INTEGER NOT NULL,
    -- What it was merged into or renamed: history goes on there, and nobody is sent here.
    successor_id TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT libraries_pkey PRIMARY KEY (id),
    CONSTRAINT libraries_reference_key UNIQUE (reference),
    CONSTRAINT libraries_status_check CHECK (status IN ('open', 'closed')),
    CONSTRAINT libraries_point_check CHECK ((latitude IS NULL) = (longitude IS NULL)),
    CONSTRAINT libraries_successor_fkey FOREIGN KEY (successor_id) REFERENCES libraries (id)
) STRICT;

CREATE TABLE library_employers (
    library_id TEXT NOT NULL,
    employer_id TEXT NOT NULL,
    CONSTRAINT library_employers_pkey PRIMARY KEY (library_id, employer_id),
    CONSTRAINT library_employers_library_fkey FOREIGN KEY (library_id) REFERENCES libraries (id),
    CONSTRAINT library_employers_employer_fkey FOREIGN KEY (employer_id) REFERENCES employers (id)
) STRICT;
CREATE INDEX library_employers_employer_idx ON library_employers (employer_id);

CREATE TABLE persons (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    created_at TEXT NOT NULL,
    -- Since when name and address are a pseudonym.
    erased_at TEXT,
    CONSTRAINT persons_pkey PRIMARY KEY (id),
    CONSTRAINT persons_email_key UNIQUE (email)
) STRICT, WITHOUT ROWID;

CREATE TABLE rounds (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    sign_up_until TEXT NOT NULL,
    answer_until TEXT NOT NULL,
    dates TEXT NOT NULL,
    rules TEXT NOT NULL,
    -- Whether only people whose manager said yes are matched.
    release_required INTEGER NOT NULL,
    -- SHA-256 of the rules, set when the round closes and the rules are frozen.
    rules_sha256 TEXT,
    -- Raised by every change that alters what would be matched; a run whose snapshot has another one is stale.
    revision INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT rounds_pkey PRIMARY KEY (id),
    CONSTRAINT rounds_state_check CHECK (state IN ('draft', 'open', 'closed', 'matched', 'published', 'running', 'completed', 'archived', 'cancelled'))
) STRICT;

-- Who is responsible for the data of a round, what for, and what people agree to at sign-up. A version is never changed.
CREATE TABLE privacy_notices (
    round_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    controller TEXT NOT NULL,
    purpose TEXT NOT NULL,
    consent TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT privacy_notices_pkey PRIMARY KEY (round_id, version),
    CONSTRAINT privacy_notices_round_fkey FOREIGN KEY (round_id) REFERENCES rounds (id)
) STRICT;

CREATE TABLE round_libraries (
    round_id TEXT NOT NULL,
    library_id TEXT NOT NULL,
    -- {"2027-03-01": 2}: visitors taken, staff who may leave; {"2027-03-01": ["09:00", "17:00"]}: hours.
    hosting TEXT NOT NULL,
    -- {"weekdays": ["mo"], "dates": [], "visitors": 2}: visitors on every other date.
    hosting_rule TEXT,
    hosting_limit INTEGER,
    year_limit INTEGER,
    rest_days INTEGER,
    release TEXT NOT NULL,
    -- {"rostered": {"mo": 4}, "minimum": 2, "dates": {}}: from which release follows on every other date.
    cover_rule TEXT,
    hours TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT round_libraries_pkey PRIMARY KEY (round_id, library_id),
    CONSTRAINT round_libraries_round_fkey FOREIGN KEY (round_id) REFERENCES rounds (id),
    CONSTRAINT round_libraries_library_fkey FOREIGN KEY (library_id) REFERENCES libraries (id)
) STRICT;

CREATE TABLE applications (
    id TEXT NOT NULL,
    round_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    employer_id TEXT NOT NULL,
    home_library_id TEXT NOT NULL,
    -- As signed up; becomes the person's name once the address is proven.
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    dates TEXT NOT NULL,
    released_dates TEXT NOT NULL,
    hours TEXT NOT NULL,
    -- {"weekdays": {"mo": ["09:00:00", "13:00:00"]}, "added": {}, "removed": []}: when the person works, where known.
    pattern TEXT,
    max_km REAL NOT NULL,
    sectors TEXT NOT NULL,
    topics TEXT NOT NULL,
    avoid TEXT NOT NULL,
    manager_email TEXT NOT NULL,
    manager_trust TEXT NOT NULL,
    refusal_reason TEXT,
    refusal_words TEXT,
    assured_until TEXT,
    role_title TEXT,
    objectives TEXT,
    language TEXT NOT NULL,
    -- Which privacy notice of the round was agreed to; absent where it had none.
    privacy_version INTEGER,
    revision INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT applications_pkey PRIMARY KEY (id),
    CONSTRAINT applications_round_fkey FOREIGN KEY (round_id) REFERENCES rounds (id),
    CONSTRAINT applications_person_fkey FOREIGN KEY (person_id) REFERENCES persons (id),
    CONSTRAINT applications_employer_fkey FOREIGN KEY (employer_id) REFERENCES employers (id),
    CONSTRAINT applications_library_fkey FOREIGN KEY (home_library_id) REFERENCES libraries (id),
    CONSTRAINT applications_state_check CHECK (state IN ('submitted', 'verified', 'released', 'refused', 'placed', 'unplaced', 'withdrawn')),
    CONSTRAINT applications_trust_check CHECK (manager_trust IN ('believed', 'to_confirm', 'confirmed', 'rejected')),
    CONSTRAINT applications_refusal_check CHECK (refusal_reason IN ('cover', 'leave', 'business_need', 'vetting', 'other'))
) STRICT;
CREATE UNIQUE INDEX applications_person_round_key ON applications (round_id, person_id) WHERE state <> 'withdrawn';
CREATE INDEX applications_round_idx ON applications (round_id, id);
CREATE INDEX applications_library_idx ON applications (home_library_id);

-- Confidential, apart from everything else that is read about an application, and encrypted (store/keys.rs).
CREATE TABLE access_needs (
    application_id TEXT NOT NULL,
    -- {"tags": ["step-free"], "words": "…"}, sealed.
    needs TEXT NOT NULL,
    CONSTRAINT access_needs_pkey PRIMARY KEY (application_id),
    CONSTRAINT access_needs_application_fkey FOREIGN KEY (application_id) REFERENCES applications (id)
) STRICT;

-- Who has read somebody's access needs: the person sees it.
CREATE TABLE access_need_readings (
    id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    at TEXT NOT NULL,
    reader TEXT NOT NULL,
    role TEXT NOT NULL,
    on_behalf_of TEXT,
    what TEXT NOT NULL,
    CONSTRAINT access_need_readings_pkey PRIMARY KEY (id),
    CONSTRAINT access_need_readings_application_fkey FOREIGN KEY (application_id) REFERENCES applications (id),
    CONSTRAINT access_need_readings_what_check CHECK (what IN ('needs', 'round_file', 'subject_export'))
) STRICT;
CREATE INDEX access_need_readings_application_idx ON access_need_readings (application_id, id);

-- What a round file that was imported says of people's past, which the rounds of this service do not tell.
CREATE TABLE given_histories (
    application_id TEXT NOT NULL,
    -- Rounds in a row without a place.
    waited INTEGER NOT NULL,
    -- Libraries, as a list.
    visited TEXT NOT NULL,
    CONSTRAINT given_histories_pkey PRIMARY KEY (application_id),
    CONSTRAINT given_histories_application_fkey FOREIGN KEY (application_id) REFERENCES applications (id)
) STRICT;

-- Placements that stand before anything is matched: one for a person.
CREATE TABLE round_locks (
    round_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    host_library_id TEXT NOT NULL,
    date TEXT NOT NULL,
    -- Why it may break rules.
    override_reason TEXT,
    created_at TEXT NOT NULL,
    CONSTRAINT round_locks_pkey PRIMARY KEY (round_id, application_id),
    CONSTRAINT round_locks_round_fkey FOREIGN KEY (round_id) REFERENCES rounds (id),
    CONSTRAINT round_locks_application_fkey FOREIGN KEY (application_id) REFERENCES applications (id),
    CONSTRAINT round_locks_library_fkey FOREIGN KEY (host_library_id) REFERENCES libraries (id)
) STRICT;

-- Pairs that must not be; without a date never.
CREATE TABLE round_forbidden (
    id TEXT NOT NULL,
    round_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    host_library_id TEXT NOT NULL,
    date TEXT,
    created_at TEXT NOT NULL,
    CONSTRAINT round_forbidden_pkey PRIMARY KEY (id),
    CONSTRAINT round_forbidden_round_fkey FOREIGN KEY (round_id) REFERENCES rounds (id),
    CONSTRAINT round_forbidden_application_fkey FOREIGN KEY (application_id) REFERENCES applications (id),
    CONSTRAINT round_forbidden_library_fkey FOREIGN KEY (host_library_id) REFERENCES libraries (id)
) STRICT;
CREATE INDEX round_forbidden_round_idx ON round_forbidden (round_id, id);

CREATE TABLE runs (
    id TEXT NOT NULL,
    round_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Of an edited run: what it was made from, and why it may break rules.
    edited_from TEXT,
    override_reason TEXT,
    seed INTEGER NOT NULL,
    time_limit_seconds INTEGER NOT NULL,
    work_limit INTEGER,
    gap_limit REAL NOT NULL,
    threads INTEGER NOT NULL,
    round_revision INTEGER NOT NULL,
    round_sha256 TEXT NOT NULL,
    -- The best so far, while it is being solved.
    progress_value INTEGER,
    progress_bound INTEGER,
    progress_work INTEGER,
    cancel_asked INTEGER NOT NULL,
    placed INTEGER,
    unplaced INTEGER,
    value INTEGER,
    bound INTEGER,
    proof TEXT,
    stopped TEXT,
    error TEXT,
    -- Solvers that took it and were not heard of again.
    attempts INTEGER NOT NULL,
    lease_until TEXT,
    lease_by TEXT,
    created_at TEXT NOT NULL,
    finished_at TEXT,
    CONSTRAINT runs_pkey PRIMARY KEY (id),
    CONSTRAINT runs_round_fkey FOREIGN KEY (round_id) REFERENCES rounds (id),
    CONSTRAINT runs_edited_from_fkey FOREIGN KEY (edited_from) REFERENCES runs (id),
    CONSTRAINT runs_kind_check CHECK (kind IN ('solved', 'what_if', 'edited', 'repaired')),
    CONSTRAINT runs_state_check CHECK (state IN ('queued', 'solving', 'finished', 'failed', 'cancelled', 'published'))
) STRICT;
CREATE INDEX runs_round_idx ON runs (round_id, id);
CREATE INDEX runs_state_idx ON runs (state, created_at);

-- The round file that a run froze and the schedule file that came of it (docs/files.md), sealed: they tell of access
-- needs. Apart from `runs`, whose rows change every second while they are solved: megabytes would be written anew each
-- time.
CREATE TABLE run_files (
    run_id TEXT NOT NULL,
    round_file TEXT NOT NULL,
    schedule_file TEXT,
    -- When access needs were taken out of the round file, whose SHA-256 is another since.
    reduced_at TEXT,
    -- Whether all are taken out.
    is_emptied INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT run_files_pkey PRIMARY KEY (run_id),
    CONSTRAINT run_files_run_fkey FOREIGN KEY (run_id) REFERENCES runs (id)
) STRICT;

-- A published run without people: what anybody can re-prove it by. Drawn once, so that whoever takes it takes the same.
CREATE TABLE run_proofs (
    run_id TEXT NOT NULL,
    audit_file TEXT NOT NULL,
    schedule_file TEXT NOT NULL,
    CONSTRAINT run_proofs_pkey PRIMARY KEY (run_id),
    CONSTRAINT run_proofs_run_fkey FOREIGN KEY (run_id) REFERENCES runs (id)
) STRICT;

CREATE TABLE placements (
    id TEXT NOT NULL,
    round_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    employer_id TEXT NOT NULL,
    home_library_id TEXT NOT NULL,
    host_library_id TEXT NOT NULL,
    date TEXT NOT NULL,
    starts TEXT NOT NULL,
    ends TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    score INTEGER NOT NULL,
    ring INTEGER,
    -- Why rules were set aside for it, where they were.
    override_reason TEXT,
    state TEXT NOT NULL,
    -- The last day for its answers, local to the round, where that is not the round's.
    answer_until TEXT,
    -- What is agreed to: raised by every change of it, so that nobody agrees to something else than they saw.
    version INTEGER NOT NULL,
    -- Who receives the visitor, where it is not the library's contact.
    contact_name TEXT,
    contact_email TEXT,
    is_virtual INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT placements_pkey PRIMARY KEY (id),
    CONSTRAINT placements_round_fkey FOREIGN KEY (round_id) REFERENCES rounds (id),
    CONSTRAINT placements_run_fkey FOREIGN KEY (run_id) REFERENCES runs (id),
    CONSTRAINT placements_application_fkey FOREIGN KEY (application_id) REFERENCES applications (id),
    CONSTRAINT placements_person_fkey FOREIGN KEY (person_id) REFERENCES persons (id),
    CONSTRAINT placements_employer_fkey FOREIGN KEY (employer_id) REFERENCES employers (id),
    CONSTRAINT placements_home_fkey FOREIGN KEY (home_library_id) REFERENCES libraries (id),
    CONSTRAINT placements_host_fkey FOREIGN KEY (host_library_id) REFERENCES libraries (id),
    CONSTRAINT placements_state_check CHECK (state IN ('proposed', 'confirmed', 'completed', 'declined', 'cancelled', 'expired', 'did_not_take_place'))
) STRICT;
-- Nobody in two places on a day, and one live placement per application: held by the database, not by code.
CREATE UNIQUE INDEX placements_person_date_key ON placements (person_id, date) WHERE state IN ('proposed', 'confirmed', 'completed');
CREATE UNIQUE INDEX placements_application_key ON placements (application_id) WHERE state IN ('proposed', 'confirmed', 'completed');
CREATE INDEX placements_round_idx ON placements (round_id, date, id);
CREATE INDEX placements_employer_idx ON placements (employer_id, date, id);
CREATE INDEX placements_host_idx ON placements (host_library_id, date, id);
CREATE INDEX placements_home_idx ON placements (home_library_id, date, id);
CREATE INDEX placements_person_idx ON placements (person_id);
CREATE INDEX placements_date_idx ON placements (date, id);

-- How far the changes of an employer's schedule are counted. A row of its own, raised in the transaction of each change: numbers
-- that a sequence gives are committed in another order than they were given, and a reader in between would miss some.
CREATE TABLE schedule_counters (
    employer_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    -- Up to here rows that were called off are forgotten: whoever has read less than this begins anew.
    forgotten INTEGER NOT NULL,
    CONSTRAINT schedule_counters_pkey PRIMARY KEY (employer_id),
    CONSTRAINT schedule_counters_employer_fkey FOREIGN KEY (employer_id) REFERENCES employers (id)
) STRICT;

-- The placements that were ever in an employer's schedule: confirmed, and told.
CREATE TABLE schedule_entries (
    placement_id TEXT NOT NULL,
    employer_id TEXT NOT NULL,
    -- Of the last change of its row; the employer's count at that.
    revision INTEGER NOT NULL,
    -- When it was there first.
    first_revision INTEGER NOT NULL,
    -- Since when it has been there without a break; absent once it is called off.
    since_revision INTEGER,
    CONSTRAINT schedule_entries_pkey PRIMARY KEY (placement_id),
    CONSTRAINT schedule_entries_revision_key UNIQUE (employer_id, revision),
    CONSTRAINT schedule_entries_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id),
    CONSTRAINT schedule_entries_employer_fkey FOREIGN KEY (employer_id) REFERENCES employers (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE consents (
    placement_id TEXT NOT NULL,
    party TEXT NOT NULL,
    answer TEXT NOT NULL,
    answered_at TEXT,
    answered_by TEXT,
    channel TEXT,
    -- In what capacity, and for whom where it was not for oneself.
    answered_as TEXT,
    on_behalf_of TEXT,
    reason TEXT,
    -- When the party was reminded, and when a host's deputy was asked: once each.
    reminded_at TEXT,
    deputy_asked_at TEXT,
    CONSTRAINT consents_pkey PRIMARY KEY (placement_id, party),
    CONSTRAINT consents_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id),
    CONSTRAINT consents_party_check CHECK (party IN ('participant', 'host', 'manager')),
    CONSTRAINT consents_answer_check CHECK (answer IN ('pending', 'yes', 'no'))
) STRICT;

-- The calendar identity of a placement for one recipient, for life (RFC 5545 UID and SEQUENCE).
CREATE TABLE invitations (
    placement_id TEXT NOT NULL,
    party TEXT NOT NULL,
    uid TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    -- What was last invited to (host, day, times, version), and the first SEQUENCE that said so: an answer to any since
    -- then means the same day.
    told TEXT,
    told_since INTEGER,
    -- Whether the last mail with it put the event into the recipient's calendar, or took it out; null: no mail has had it.
    is_in_calendar INTEGER,
    CONSTRAINT invitations_pkey PRIMARY KEY (placement_id, party),
    CONSTRAINT invitations_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id),
    CONSTRAINT invitations_uid_key UNIQUE (uid)
) STRICT;

CREATE TABLE api_tokens (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    -- SHA-256 of the secret; the secret itself is shown once and kept nowhere.
    secret_sha256 TEXT NOT NULL,
    role TEXT NOT NULL,
    -- Whose administrator or HR; a JSON list of ids.
    employers TEXT NOT NULL,
    -- Of which round alone its holder is an organiser.
    round_id TEXT,
    -- To which actions of its role it is narrowed; a JSON list, none for all of them.
    scopes TEXT,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    -- To the hour.
    last_used_at TEXT,
    -- The token that takes its place; both open the door until this one expires.
    replaced_by TEXT,
    CONSTRAINT api_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT api_tokens_secret_key UNIQUE (secret_sha256),
    CONSTRAINT api_tokens_round_fkey FOREIGN KEY (round_id) REFERENCES rounds (id)
) STRICT;

-- As what an address may sign in, beside what follows from applications and libraries.
CREATE TABLE grants (
    id TEXT NOT NULL,
    address TEXT NOT NULL,
    role TEXT NOT NULL,
    -- Whose administrator or HR; a JSON list of ids.
    employers TEXT NOT NULL,
    -- Of which round alone its holder is an organiser.
    round_id TEXT,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    ended_at TEXT,
    CONSTRAINT grants_pkey PRIMARY KEY (id),
    CONSTRAINT grants_round_fkey FOREIGN KEY (round_id) REFERENCES rounds (id)
) STRICT;
CREATE INDEX grants_address_idx ON grants (address, id);

-- What rounds came to, as it was published.
CREATE TABLE impact_reports (
    round_id TEXT NOT NULL,
    document TEXT NOT NULL,
    made_at TEXT NOT NULL,
    CONSTRAINT impact_reports_pkey PRIMARY KEY (round_id),
    CONSTRAINT impact_reports_round_fkey FOREIGN KEY (round_id) REFERENCES rounds (id)
) STRICT;

-- Who does somebody's work in one role for a while.
CREATE TABLE deputyships (
    id TEXT NOT NULL,
    principal TEXT NOT NULL,
    deputy TEXT NOT NULL,
    role TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    created_at TEXT NOT NULL,
    ended_at TEXT,
    CONSTRAINT deputyships_pkey PRIMARY KEY (id),
    CONSTRAINT deputyships_days_check CHECK (starts_on <= ends_on)
) STRICT;
CREATE INDEX deputyships_deputy_idx ON deputyships (deputy, id);
CREATE INDEX deputyships_principal_idx ON deputyships (principal, id);

-- Links by which an address signs in, once and for a quarter of an hour.
CREATE TABLE sign_in_links (
    id TEXT NOT NULL,
    secret_sha256 TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    CONSTRAINT sign_in_links_pkey PRIMARY KEY (id),
    CONSTRAINT sign_in_links_secret_key UNIQUE (secret_sha256)
) STRICT;

-- Who has signed in. The secret is in the cookie alone.
CREATE TABLE sessions (
    id TEXT NOT NULL,
    secret_sha256 TEXT NOT NULL,
    way TEXT NOT NULL,
    -- Whose it is: an address, or an identity provider's issuer and subject.
    holder TEXT NOT NULL,
    -- As what the provider's claims let its holder act, as a JSON list; none: what is known of the address.
    mandates TEXT,
    -- As what its holder acts now: one of the ways that are open to them, by its key.
    capacity TEXT,
    created_at TEXT NOT NULL,
    -- When it was last used, to some minutes.
    seen_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    ended_at TEXT,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_secret_key UNIQUE (secret_sha256),
    CONSTRAINT sessions_way_check CHECK (way IN ('link', 'oidc'))
) STRICT;
CREATE INDEX sessions_holder_idx ON sessions (holder, id);

CREATE TABLE links (
    id TEXT NOT NULL,
    secret_sha256 TEXT NOT NULL,
    purpose TEXT NOT NULL,
    application_id TEXT NOT NULL,
    placement_id TEXT,
    -- The offer of a place to a reserve, whose links these are.
    reserve_offer_id TEXT,
    party TEXT NOT NULL,
    -- Whom its mail went to: a host's contact may have changed since.
    recipient TEXT NOT NULL,
    -- Held by a deputy of the party.
    is_deputy INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    CONSTRAINT links_pkey PRIMARY KEY (id),
    CONSTRAINT links_secret_key UNIQUE (secret_sha256),
    CONSTRAINT links_application_fkey FOREIGN KEY (application_id) REFERENCES applications (id),
    CONSTRAINT links_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id),
    CONSTRAINT links_purpose_check CHECK (purpose IN ('verify', 'release', 'answer', 'application', 'offer'))
) STRICT;

-- Calendars that programs subscribe to, behind a secret address. Whoever has one of their own gets no invitations.
CREATE TABLE feeds (
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- Whose days it shows, as its kind needs it.
    person_id TEXT,
    library_id TEXT,
    -- Of an employer's feed what it shows; of a library's or of ideas, whose administrator looks after it.
    employer_id TEXT,
    email TEXT,
    -- SHA-256 of the secret; the secret itself is shown once and kept nowhere.
    secret_sha256 TEXT NOT NULL,
    created_at TEXT NOT NULL,
    last_used_on TEXT,
    revoked_at TEXT,
    CONSTRAINT feeds_pkey PRIMARY KEY (id),
    CONSTRAINT feeds_secret_key UNIQUE (secret_sha256),
    CONSTRAINT feeds_person_fkey FOREIGN KEY (person_id) REFERENCES persons (id),
    CONSTRAINT feeds_library_fkey FOREIGN KEY (library_id) REFERENCES libraries (id),
    CONSTRAINT feeds_employer_fkey FOREIGN KEY (employer_id) REFERENCES employers (id),
    CONSTRAINT feeds_kind_check CHECK (kind IN ('person', 'contact', 'deputy', 'manager', 'library', 'employer', 'ideas'))
) STRICT;
-- One that is somebody's choice against invitations is one.
CREATE UNIQUE INDEX feeds_person_live_key ON feeds (person_id) WHERE kind = 'person' AND revoked_at IS NULL;
CREATE UNIQUE INDEX feeds_contact_live_key ON feeds (library_id, email) WHERE kind = 'contact' AND revoked_at IS NULL;
CREATE UNIQUE INDEX feeds_deputy_live_key ON feeds (library_id, email) WHERE kind = 'deputy' AND revoked_at IS NULL;
CREATE UNIQUE INDEX feeds_manager_live_key ON feeds (email) WHERE kind = 'manager' AND revoked_at IS NULL;

CREATE TABLE audit_entries (
    id TEXT NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    on_behalf_of TEXT,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    details TEXT NOT NULL,
    CONSTRAINT audit_entries_pkey PRIMARY KEY (id)
) STRICT;
CREATE INDEX audit_entries_subject_idx ON audit_entries (subject_kind, subject_id, id);

-- The chain of hashes over the entries, in the order in which the worker chained them (docs/audit.md): in a table of its
-- own, because an entry is never changed.
CREATE TABLE audit_chain (
    position INTEGER NOT NULL,
    entry_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT audit_chain_pkey PRIMARY KEY (position),
    CONSTRAINT audit_chain_entry_key UNIQUE (entry_id),
    CONSTRAINT audit_chain_entry_fkey FOREIGN KEY (entry_id) REFERENCES audit_entries (id)
) STRICT;

-- The entries that wait for the worker to chain them.
CREATE TABLE audit_waiting (
    entry_id TEXT NOT NULL,
    CONSTRAINT audit_waiting_pkey PRIMARY KEY (entry_id),
    CONSTRAINT audit_waiting_entry_fkey FOREIGN KEY (entry_id) REFERENCES audit_entries (id)
) STRICT;

-- What is append-only says no to everything else, whoever asks. An owner can take that away; a role that is none cannot.
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'audit_entries is append-only');
END;
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'audit_entries is append-only');
END;
CREATE TRIGGER audit_chain_no_update BEFORE UPDATE ON audit_chain
BEGIN
    SELECT RAISE(ABORT, 'audit_chain is append-only');
END;
CREATE TRIGGER audit_chain_no_delete BEFORE DELETE ON audit_chain
BEGIN
    SELECT RAISE(ABORT, 'audit_chain is append-only');
END;

-- Requests with an Idempotency-Key, for a day. Neither the key nor an answer that can be read is here.
CREATE TABLE idempotent_requests (
    -- SHA-256 over the key and the credential.
    key_sha256 TEXT NOT NULL,
    -- SHA-256 over what was asked.
    fingerprint TEXT NOT NULL,
    begun_at TEXT NOT NULL,
    -- Sealed with the key; none while it is being answered.
    answer BLOB,
    CONSTRAINT idempotent_requests_pkey PRIMARY KEY (key_sha256)
) STRICT;
CREATE INDEX idempotent_requests_begun_idx ON idempotent_requests (begun_at);

CREATE TABLE outbox (
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- A fact is mailed once: a second enqueueing of the same fact is refused by this key.
    dedupe_key TEXT NOT NULL,
    -- Notices of one thread to one recipient; a later one supersedes an unsent earlier one.
    thread_key TEXT NOT NULL,
    party TEXT NOT NULL,
    recipient_name TEXT,
    recipient_address TEXT NOT NULL,
    -- None where it is about no case: a link to sign in.
    application_id TEXT,
    placement_id TEXT,
    -- The run whose publication it tells: held until the organiser lets the mails of that go.
    run_id TEXT,
    facts TEXT NOT NULL,
    state TEXT NOT NULL,
    message_id TEXT,
    message BLOB,
    -- SHA-256 of the secret by which the recipient stops mails of optional kinds; none where the kind is not optional.
    opt_out_hash TEXT,
    attempts INTEGER NOT NULL,
    next_attempt_at TEXT NOT NULL,
    lease_until TEXT,
    lease_by TEXT,
    last_answer TEXT,
    created_at TEXT NOT NULL,
    settled_at TEXT,
    -- The later notice of its thread that overtook it; none where there was nothing more to tell.
    superseded_by TEXT,
    -- The notice that is told again with this one, by hand.
    again_of TEXT,
    -- The daily digest that tells it.
    digest_id TEXT,
    CONSTRAINT outbox_pkey PRIMARY KEY (id),
    CONSTRAINT outbox_dedupe_key UNIQUE (dedupe_key),
    CONSTRAINT outbox_opt_out_hash_key UNIQUE (opt_out_hash),
    CONSTRAINT outbox_application_fkey FOREIGN KEY (application_id) REFERENCES applications (id),
    CONSTRAINT outbox_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id),
    CONSTRAINT outbox_run_fkey FOREIGN KEY (run_id) REFERENCES runs (id),
    CONSTRAINT outbox_again_fkey FOREIGN KEY (again_of) REFERENCES outbox (id),
    CONSTRAINT outbox_case_check CHECK (application_id IS NOT NULL OR kind IN ('sign_in', 'deputyship', 'webhook_disabled', 'schedule_file', 'schedule_not_delivered', 'idea_question')),
    CONSTRAINT outbox_state_check CHECK (state IN ('held', 'collected', 'queued', 'sending', 'sent', 'digested', 'bounced', 'gave_up', 'superseded', 'discarded'))
) STRICT;
CREATE INDEX outbox_due_idx ON outbox (state, next_attempt_at, id);
CREATE INDEX outbox_thread_idx ON outbox (thread_key, id);
CREATE INDEX outbox_run_idx ON outbox (run_id, state, id);
CREATE INDEX outbox_application_idx ON outbox (application_id, state);
CREATE INDEX outbox_again_idx ON outbox (again_of);
CREATE INDEX outbox_recipient_idx ON outbox (recipient_address, state);

-- Addresses that want no mails of optional kinds.
CREATE TABLE opt_outs (
    address TEXT NOT NULL,
    since TEXT NOT NULL,
    CONSTRAINT opt_outs_pkey PRIMARY KEY (address)
) STRICT;

-- Since when the mail server takes nothing from this service, whatever it is; at most one row.
CREATE TABLE mail_pauses (
    id TEXT NOT NULL,
    since TEXT NOT NULL,
    answer TEXT NOT NULL,
    -- How often it was tried again.
    tries INTEGER NOT NULL,
    next_try_at TEXT NOT NULL,
    CONSTRAINT mail_pauses_pkey PRIMARY KEY (id),
    CONSTRAINT mail_pauses_one_check CHECK (id = 'smtp')
) STRICT;

-- Mails that came in: what they were and what came of them; never their text, never an address.
CREATE TABLE inbound_mails (
    id TEXT NOT NULL,
    received_at TEXT NOT NULL,
    channel TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    -- The same mail again, also by another way, has the same: it counts once.
    fingerprint TEXT NOT NULL,
    message_id TEXT,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    placement_id TEXT,
    party TEXT,
    notice_id TEXT,
    stamped_at TEXT,
    detail TEXT,
    -- Another time that a calendar proposed, and which terms it was proposed instead of.
    proposed_starts_at TEXT,
    proposed_ends_at TEXT,
    terms_version INTEGER,
    CONSTRAINT inbound_mails_pkey PRIMARY KEY (id),
    CONSTRAINT inbound_mails_fingerprint_key UNIQUE (fingerprint),
    CONSTRAINT inbound_mails_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id),
    CONSTRAINT inbound_mails_notice_fkey FOREIGN KEY (notice_id) REFERENCES outbox (id),
    CONSTRAINT inbound_mails_channel_check CHECK (channel IN ('pipe', 'api'))
) STRICT;
CREATE INDEX inbound_mails_placement_idx ON inbound_mails (placement_id, party);
CREATE INDEX outbox_message_id_idx ON outbox (message_id);

-- When libraries are open: shared calendars, who follows them, dated days of one library.

CREATE TABLE calendars (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- Whose administrators may change it; none: only organisers.
    employer_id TEXT,
    -- Whose libraries follow it without a row in library_calendars.
    division TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT calendars_pkey PRIMARY KEY (id),
    CONSTRAINT calendars_name_key UNIQUE (name),
    CONSTRAINT calendars_division_key UNIQUE (division),
    CONSTRAINT calendars_employer_fkey FOREIGN KEY (employer_id) REFERENCES employers (id),
    CONSTRAINT calendars_kind_check CHECK (kind IN ('bank_holidays', 'school_terms', 'closures', 'exams')),
    CONSTRAINT calendars_division_check CHECK (division IS NULL OR (kind = 'bank_holidays' AND division IN ('england-and-wales', 'scotland', 'northern-ireland')))
) STRICT;

CREATE TABLE calendar_periods (
    calendar_id TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    CONSTRAINT calendar_periods_pkey PRIMARY KEY (calendar_id, starts_on, ends_on, kind, label),
    CONSTRAINT calendar_periods_calendar_fkey FOREIGN KEY (calendar_id) REFERENCES calendars (id),
    CONSTRAINT calendar_periods_kind_check CHECK (kind IN ('bank_holiday', 'term', 'school_holiday', 'inset_day', 'closure', 'exams')),
    CONSTRAINT calendar_periods_order_check CHECK (starts_on <= ends_on)
) STRICT;

CREATE TABLE library_calendars (
    library_id TEXT NOT NULL,
    calendar_id TEXT NOT NULL,
    CONSTRAINT library_calendars_pkey PRIMARY KEY (library_id, calendar_id),
    CONSTRAINT library_calendars_library_fkey FOREIGN KEY (library_id) REFERENCES libraries (id),
    CONSTRAINT library_calendars_calendar_fkey FOREIGN KEY (calendar_id) REFERENCES calendars (id)
) STRICT;
CREATE INDEX library_calendars_calendar_idx ON library_calendars (calendar_id);

CREATE TABLE library_exceptions (
    library_id TEXT NOT NULL,
    date TEXT NOT NULL,
    -- [[540, 720]]: spans in minutes of the local day; none is closed.
    opens TEXT NOT NULL,
    label TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT library_exceptions_pkey PRIMARY KEY (library_id, date),
    CONSTRAINT library_exceptions_library_fkey FOREIGN KEY (library_id) REFERENCES libraries (id)
) STRICT;

-- Imports: who works for whom, as employers' lists say; days of the time before this service; whose columns are called what.
CREATE TABLE employments (
    id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    employer_id TEXT NOT NULL,
    -- By which the employer knows the person, for good.
    external_id TEXT NOT NULL,
    home_library_id TEXT,
    manager_email TEXT,
    -- JSON, as an application has it.
    pattern TEXT,
    left_on TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT employments_pkey PRIMARY KEY (id),
    CONSTRAINT employments_external_key UNIQUE (employer_id, external_id),
    CONSTRAINT employments_person_fkey FOREIGN KEY (person_id) REFERENCES persons (id),
    CONSTRAINT employments_employer_fkey FOREIGN KEY (employer_id) REFERENCES employers (id),
    CONSTRAINT employments_library_fkey FOREIGN KEY (home_library_id) REFERENCES libraries (id)
) STRICT;
-- With what exports ask of a person, so that they need not look at the table.
CREATE INDEX employments_person_idx ON employments (person_id, employer_id, external_id, home_library_id);

CREATE TABLE past_placements (
    id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    host_library_id TEXT NOT NULL,
    date TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT past_placements_pkey PRIMARY KEY (id),
    CONSTRAINT past_placements_day_key UNIQUE (person_id, date),
    CONSTRAINT past_placements_person_fkey FOREIGN KEY (person_id) REFERENCES persons (id),
    CONSTRAINT past_placements_library_fkey FOREIGN KEY (host_library_id) REFERENCES libraries (id)
) STRICT;

CREATE TABLE import_mappings (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    -- {"Branch name": "name"}: what the list calls it, what it is called here.
    renamings TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT import_mappings_pkey PRIMARY KEY (kind, name)
) STRICT;

-- What the organisers say in their own words at the beginning of the mails of a round, by kind of notice.
CREATE TABLE round_introductions (
    round_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    words TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT round_introductions_pkey PRIMARY KEY (round_id, kind),
    CONSTRAINT round_introductions_round_fkey FOREIGN KEY (round_id) REFERENCES rounds (id)
) STRICT;

-- What came of the day of a placement: as its host marked it, or its participant, or nobody. One row, the last; the audit
-- has those before.
CREATE TABLE attendances (
    placement_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- When somebody left early, local to the host.
    left_at TEXT,
    -- The first mark, from which the days to correct it count.
    first_at TEXT NOT NULL,
    CONSTRAINT attendances_pkey PRIMARY KEY (placement_id),
    CONSTRAINT attendances_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id),
    CONSTRAINT attendances_kind_check CHECK (kind IN ('arrived', 'left_early', 'did_not_come', 'ill', 'not_recorded'))
) STRICT;

-- What participant and host say of a day. The other party never sees it; organisers see it without names.
CREATE TABLE feedback (
    id TEXT NOT NULL,
    placement_id TEXT NOT NULL,
    party TEXT NOT NULL,
    preparation INTEGER NOT NULL,
    welcome INTEGER NOT NULL,
    learning INTEGER NOT NULL,
    comments TEXT,
    updated_at TEXT NOT NULL,
    CONSTRAINT feedback_pkey PRIMARY KEY (id),
    CONSTRAINT feedback_party_key UNIQUE (placement_id, party),
    CONSTRAINT feedback_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id),
    CONSTRAINT feedback_party_check CHECK (party IN ('participant', 'host')),
    CONSTRAINT feedback_ratings_check CHECK (preparation BETWEEN 1 AND 5 AND welcome BETWEEN 1 AND 5 AND learning BETWEEN 1 AND 5)
) STRICT;

-- Ideas that participants brought home: one of a placement.
-- Certificates of attendance that were issued. Whether one stands is worked out from the placement and its attendance;
-- the code on it is kept as a hash only.
CREATE TABLE certificates (
    id TEXT NOT NULL,
    placement_id TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    language TEXT NOT NULL,
    -- Until when it says that the visitor was there.
    until TEXT NOT NULL,
    issued_at TEXT NOT NULL,
    -- Taken back for good: the person was erased.
    revoked_at TEXT,
    CONSTRAINT certificates_pkey PRIMARY KEY (id),
    CONSTRAINT certificates_code_key UNIQUE (code_hash),
    CONSTRAINT certificates_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id)
) STRICT;
CREATE INDEX certificates_placement ON certificates (placement_id);

CREATE TABLE ideas (
    id TEXT NOT NULL,
    placement_id TEXT NOT NULL,
    words TEXT NOT NULL,
    -- The words of text and topics, folded, with spaces between them: the databases would each fold otherwise.
    search_text TEXT NOT NULL,
    topics TEXT NOT NULL,
    -- The sectors of host and home library as they were.
    from_sectors TEXT NOT NULL,
    to_sectors TEXT NOT NULL,
    shown_as TEXT NOT NULL,
    -- Why organisers hide it; none: they do not.
    hidden_reason TEXT,
    created_at TEXT NOT NULL,
    CONSTRAINT ideas_pkey PRIMARY KEY (id),
    CONSTRAINT ideas_placement_key UNIQUE (placement_id),
    CONSTRAINT ideas_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id),
    CONSTRAINT ideas_shown_as_check CHECK (shown_as IN ('author', 'library', 'nobody'))
) STRICT;

-- The full text of ideas, which follows `ideas.search_text` by itself. Machinery by its name, as PostgreSQL's index is: it
-- holds nothing of its own and does not move with an installation.
CREATE VIRTUAL TABLE __idea_search USING fts5(idea_id UNINDEXED, words, tokenize = 'ascii');
CREATE TRIGGER ideas_search_insert AFTER INSERT ON ideas
BEGIN
    INSERT INTO __idea_search (idea_id, words) VALUES (new.id, new.search_text);
END;
CREATE TRIGGER ideas_search_update AFTER UPDATE ON ideas WHEN new.search_text <> old.search_text
BEGIN
    UPDATE __idea_search SET words = new.search_text WHERE idea_id = new.id;
END;
CREATE TRIGGER ideas_search_delete AFTER DELETE ON ideas
BEGIN
    DELETE FROM __idea_search WHERE idea_id = old.id;
END;

-- Who tried an idea: `person:<id>`, `library:<id>` or `employer:<id>`.
CREATE TABLE idea_trials (
    idea_id TEXT NOT NULL,
    tried_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT idea_trials_pkey PRIMARY KEY (idea_id, tried_by),
    CONSTRAINT idea_trials_idea_fkey FOREIGN KEY (idea_id) REFERENCES ideas (id)
) STRICT;

-- Who asked the host of an idea for more, once each.
CREATE TABLE idea_questions (
    idea_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    -- As whom they asked.
    application_id TEXT NOT NULL,
    -- None once they are over their time.
    words TEXT,
    asked_at TEXT NOT NULL,
    CONSTRAINT idea_questions_pkey PRIMARY KEY (idea_id, person_id),
    CONSTRAINT idea_questions_idea_fkey FOREIGN KEY (idea_id) REFERENCES ideas (id),
    CONSTRAINT idea_questions_person_fkey FOREIGN KEY (person_id) REFERENCES persons (id),
    CONSTRAINT idea_questions_application_fkey FOREIGN KEY (application_id) REFERENCES applications (id)
) STRICT;

-- Joining packs: what a library says to every visitor, and what a placement's host says for its day.
CREATE TABLE library_packs (
    library_id TEXT NOT NULL,
    -- {"lunch": "…"}: JSON by field.
    fields TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT library_packs_pkey PRIMARY KEY (library_id),
    CONSTRAINT library_packs_library_fkey FOREIGN KEY (library_id) REFERENCES libraries (id)
) STRICT;

CREATE TABLE joining_packs (
    placement_id TEXT NOT NULL,
    -- 0: not complete yet, overwritten by every save; from 1: what both sides have, never changed.
    version INTEGER NOT NULL,
    -- Raised by every save.
    revision INTEGER NOT NULL,
    fields TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT joining_packs_pkey PRIMARY KEY (placement_id, version),
    CONSTRAINT joining_packs_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id)
) STRICT;

-- What hosts offered instead of a no.
CREATE TABLE alternatives (
    id TEXT NOT NULL,
    placement_id TEXT NOT NULL,
    -- The version of what is agreed to that it made: offers of a placement come in this order.
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    date TEXT NOT NULL,
    starts TEXT NOT NULL,
    ends TEXT NOT NULL,
    contact_name TEXT,
    contact_email TEXT,
    words TEXT,
    state TEXT NOT NULL,
    -- Codes of what it sets aside, as the checker names them; a JSON list.
    set_aside TEXT NOT NULL,
    offered_at TEXT NOT NULL,
    offered_by TEXT NOT NULL,
    offered_as TEXT NOT NULL,
    on_behalf_of TEXT,
    channel TEXT NOT NULL,
    settled_at TEXT,
    CONSTRAINT alternatives_pkey PRIMARY KEY (id),
    CONSTRAINT alternatives_version_key UNIQUE (placement_id, version),
    CONSTRAINT alternatives_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id),
    CONSTRAINT alternatives_kind_check CHECK (kind IN ('date', 'colleague', 'virtual')),
    CONSTRAINT alternatives_state_check CHECK (state IN ('offered', 'taken', 'refused', 'lapsed'))
) STRICT;
CREATE UNIQUE INDEX alternatives_open_key ON alternatives (placement_id) WHERE state = 'offered';

-- Repairs of published rounds: what was asked and the ways that were shown; at most one of them is applied.
CREATE TABLE repairs (
    id TEXT NOT NULL,
    round_id TEXT NOT NULL,
    -- What was asked, as JSON.
    asked TEXT NOT NULL,
    -- SHA-256 of everything that it was worked out from.
    fingerprint TEXT NOT NULL,
    round_file TEXT NOT NULL,
    default_option TEXT NOT NULL,
    created_at TEXT NOT NULL,
    applied_option TEXT,
    applied_at TEXT,
    -- Whether the access needs are taken out of the round file.
    is_emptied INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT repairs_pkey PRIMARY KEY (id),
    CONSTRAINT repairs_round_fkey FOREIGN KEY (round_id) REFERENCES rounds (id)
) STRICT;
CREATE INDEX repairs_round_idx ON repairs (round_id, id);

CREATE TABLE repair_options (
    id TEXT NOT NULL,
    repair_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    -- What it changes, and what it costs, as JSON.
    plan TEXT NOT NULL,
    schedule_file TEXT NOT NULL,
    CONSTRAINT repair_options_pkey PRIMARY KEY (id),
    CONSTRAINT repair_options_repair_fkey FOREIGN KEY (repair_id) REFERENCES repairs (id),
    CONSTRAINT repair_options_place_key UNIQUE (repair_id, place)
) STRICT;

-- Swaps that participants ask for: each member takes the placement of the next one, the last one that of the first.
CREATE TABLE swaps (
    id TEXT NOT NULL,
    round_id TEXT NOT NULL,
    state TEXT NOT NULL,
    answer_until TEXT NOT NULL,
    -- Codes of what it sets aside, as the checker names them; a JSON list.
    set_aside TEXT NOT NULL,
    -- Why it came to nothing, in words for everybody who was told.
    reason TEXT,
    created_at TEXT NOT NULL,
    settled_at TEXT,
    CONSTRAINT swaps_pkey PRIMARY KEY (id),
    CONSTRAINT swaps_round_fkey FOREIGN KEY (round_id) REFERENCES rounds (id),
    CONSTRAINT swaps_state_check CHECK (
        state IN ('asked', 'agreed', 'done', 'refused', 'expired', 'overtaken', 'cancelled')
    )
) STRICT;
CREATE INDEX swaps_round_idx ON swaps (round_id, id);

CREATE TABLE swap_members (
    swap_id TEXT NOT NULL,
    -- The one who asked has 0.
    place INTEGER NOT NULL,
    -- As the asker wrote it: a placement code or an address; none for the asker.
    named TEXT,
    -- None where nobody can be asked by that name.
    placement_id TEXT,
    -- When they would be at the place that they take.
    starts TEXT,
    ends TEXT,
    -- The placement that they got by it.
    became_id TEXT,
    CONSTRAINT swap_members_pkey PRIMARY KEY (swap_id, place),
    CONSTRAINT swap_members_swap_fkey FOREIGN KEY (swap_id) REFERENCES swaps (id),
    CONSTRAINT swap_members_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id),
    CONSTRAINT swap_members_became_fkey FOREIGN KEY (became_id) REFERENCES placements (id),
    CONSTRAINT swap_members_placement_key UNIQUE (swap_id, placement_id)
) STRICT;
CREATE INDEX swap_members_placement_idx ON swap_members (placement_id);

CREATE TABLE swap_consents (
    swap_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    party TEXT NOT NULL,
    answer TEXT NOT NULL,
    answered_at TEXT,
    answered_by TEXT,
    channel TEXT,
    answered_as TEXT,
    on_behalf_of TEXT,
    reason TEXT,
    CONSTRAINT swap_consents_pkey PRIMARY KEY (swap_id, place, party),
    CONSTRAINT swap_consents_member_fkey FOREIGN KEY (swap_id, place) REFERENCES swap_members (swap_id, place),
    CONSTRAINT swap_consents_party_check CHECK (party IN ('participant', 'host', 'manager')),
    CONSTRAINT swap_consents_answer_check CHECK (answer IN ('pending', 'yes', 'no'))
) STRICT;
-- Places that fell empty and are offered to reserves, one after another.
CREATE TABLE refills (
    id TEXT NOT NULL,
    -- The placement that ended.
    placement_id TEXT NOT NULL,
    round_id TEXT NOT NULL,
    host_library_id TEXT NOT NULL,
    date TEXT NOT NULL,
    -- Whom to ask, in this order, where somebody was named; a JSON list of applications.
    named TEXT,
    state TEXT NOT NULL,
    -- The open offer of another place whose end is waited for, because everybody who is left is asked elsewhere.
    waits_for TEXT,
    -- Why it ended without a yes, in words.
    reason TEXT,
    started_at TEXT NOT NULL,
    started_by TEXT NOT NULL,
    ended_at TEXT,
    CONSTRAINT refills_pkey PRIMARY KEY (id),
    CONSTRAINT refills_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id),
    CONSTRAINT refills_round_fkey FOREIGN KEY (round_id) REFERENCES rounds (id),
    CONSTRAINT refills_host_fkey FOREIGN KEY (host_library_id) REFERENCES libraries (id),
    CONSTRAINT refills_state_check CHECK (state IN ('running', 'filled', 'nobody_left', 'out_of_time', 'stopped', 'overtaken'))
) STRICT;
CREATE UNIQUE INDEX refills_running_key ON refills (placement_id) WHERE state = 'running';
CREATE INDEX refills_round_idx ON refills (round_id, id);

-- Never two open ones of a place, and never two to one person.
CREATE TABLE reserve_offers (
    id TEXT NOT NULL,
    refill_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    starts TEXT NOT NULL,
    ends TEXT NOT NULL,
    -- The last day for the answer, local to the round.
    answer_until TEXT NOT NULL,
    state TEXT NOT NULL,
    offered_at TEXT NOT NULL,
    settled_at TEXT,
    answered_by TEXT,
    -- The placement that came of it.
    placement_id TEXT,
    CONSTRAINT reserve_offers_pkey PRIMARY KEY (id),
    CONSTRAINT reserve_offers_refill_fkey FOREIGN KEY (refill_id) REFERENCES refills (id),
    CONSTRAINT reserve_offers_application_fkey FOREIGN KEY (application_id) REFERENCES applications (id),
    CONSTRAINT reserve_offers_person_fkey FOREIGN KEY (person_id) REFERENCES persons (id),
    CONSTRAINT reserve_offers_placement_fkey FOREIGN KEY (placement_id) REFERENCES placements (id),
    CONSTRAINT reserve_offers_state_check CHECK (state IN ('open', 'accepted', 'declined', 'expired', 'overtaken'))
) STRICT;
CREATE UNIQUE INDEX reserve_offers_open_key ON reserve_offers (refill_id) WHERE state = 'open';
CREATE UNIQUE INDEX reserve_offers_person_key ON reserve_offers (person_id) WHERE state = 'open';
CREATE INDEX reserve_offers_refill_idx ON reserve_offers (refill_id, id);

-- Where programs of an employer's HR hear that its schedule has changed.
CREATE TABLE webhooks (
    id TEXT NOT NULL,
    employer_id TEXT NOT NULL,
    url TEXT NOT NULL,
    -- What its messages are signed with, sealed (store/keys.rs); the one before signs too until it has ended.
    secret TEXT NOT NULL,
    former_secret TEXT,
    former_until TEXT,
    created_at TEXT NOT NULL,
    -- The last time that a message was delivered.
    delivered_at TEXT,
    disabled_at TEXT,
    CONSTRAINT webhooks_pkey PRIMARY KEY (id),
    CONSTRAINT webhooks_url_key UNIQUE (employer_id, url),
    CONSTRAINT webhooks_employer_fkey FOREIGN KEY (employer_id) REFERENCES employers (id),
    CONSTRAINT webhooks_former_check CHECK ((former_secret IS NULL) = (former_until IS NULL))
) STRICT;

-- Messages to webhooks: one for each transaction that changed the schedule, and for each file that can be fetched. No names.
CREATE TABLE webhook_messages (
    id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- What it tells, as a JSON object.
    data TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    -- What the transaction that wrote it had no clock for: told by the first attempt.
    first_tried_at TEXT,
    next_attempt_at TEXT NOT NULL,
    last_status INTEGER,
    last_error TEXT,
    lease_by TEXT,
    lease_until TEXT,
    settled_at TEXT,
    CONSTRAINT webhook_messages_pkey PRIMARY KEY (id),
    CONSTRAINT webhook_messages_webhook_fkey FOREIGN KEY (webhook_id) REFERENCES webhooks (id),
    CONSTRAINT webhook_messages_kind_check CHECK (kind IN ('schedule.changed', 'schedule.ready')),
    CONSTRAINT webhook_messages_state_check CHECK (state IN ('queued', 'sending', 'delivered', 'failed'))
) STRICT;
CREATE INDEX webhook_messages_due_idx ON webhook_messages (state, next_attempt_at, id);

-- What an employer's HR has delivered of its schedule, when and whereto.
CREATE TABLE schedule_deliveries (
    id TEXT NOT NULL,
    employer_id TEXT NOT NULL,
    format TEXT NOT NULL,
    profile TEXT NOT NULL,
    delimiter TEXT,
    bom TEXT,
    absence_code TEXT,
    contents TEXT NOT NULL,
    weeks INTEGER,
    unit_id TEXT,
    sector TEXT,
    -- A JSON list of days of the week, and the local time of a zone.
    weekdays TEXT NOT NULL,
    due_time TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    way TEXT NOT NULL,
    address TEXT,
    created_at TEXT NOT NULL,
    next_due_at TEXT NOT NULL,
    last_number INTEGER NOT NULL,
    -- Up to which of the employer's changes its receiver has them (schedule_counters).
    read_revision INTEGER,
    CONSTRAINT schedule_deliveries_pkey PRIMARY KEY (id),
    CONSTRAINT schedule_deliveries_employer_fkey FOREIGN KEY (employer_id) REFERENCES employers (id),
    CONSTRAINT schedule_deliveries_unit_fkey FOREIGN KEY (unit_id) REFERENCES libraries (id),
    CONSTRAINT schedule_deliveries_format_check CHECK (format IN ('csv', 'xlsx')),
    CONSTRAINT schedule_deliveries_contents_check CHECK (contents IN ('from_today', 'changes')),
    CONSTRAINT schedule_deliveries_way_check CHECK (way IN ('mail', 'folder', 'webhook')),
    CONSTRAINT schedule_deliveries_address_check CHECK ((way = 'mail') = (address IS NOT NULL))
) STRICT;
CREATE INDEX schedule_deliveries_due_idx ON schedule_deliveries (next_due_at, id);
CREATE INDEX schedule_deliveries_employer_idx ON schedule_deliveries (employer_id, id);

-- Each file that was made for one of them, and what came of it.
CREATE TABLE schedule_dispatches (
    id TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    due_at TEXT NOT NULL,
    made_at TEXT NOT NULL,
    settled_at TEXT,
    state TEXT NOT NULL,
    failure TEXT,
    last_error TEXT,
    attempts INTEGER NOT NULL,
    next_attempt_at TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    read_from INTEGER,
    read_to INTEGER NOT NULL,
    begins_anew INTEGER NOT NULL,
    -- The mail that the file is attached to: no foreign key, because mails have a time of their own.
    notice_id TEXT,
    file_name TEXT,
    byte_count INTEGER,
    sha256 TEXT,
    -- The file itself, for a while (docs/deliveries.md).
    file BLOB,
    CONSTRAINT schedule_dispatches_pkey PRIMARY KEY (id),
    CONSTRAINT schedule_dispatches_number_key UNIQUE (delivery_id, number),
    CONSTRAINT schedule_dispatches_delivery_fkey FOREIGN KEY (delivery_id) REFERENCES schedule_deliveries (id),
    CONSTRAINT schedule_dispatches_state_check CHECK (state IN ('waiting', 'delivered', 'nothing_changed', 'failed')),
    CONSTRAINT schedule_dispatches_failure_check CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CONSTRAINT schedule_dispatches_file_check CHECK (file IS NULL OR file_name IS NOT NULL)
) STRICT;
CREATE INDEX schedule_dispatches_due_idx ON schedule_dispatches (state, next_attempt_at, id);
CREATE INDEX schedule_dispatches_made_idx ON schedule_dispatches (made_at);
