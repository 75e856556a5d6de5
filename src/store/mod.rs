//! The only place that knows diesel: connections, transactions, rows, queries, outbox, migrations.
