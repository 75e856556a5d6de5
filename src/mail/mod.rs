//! How a notice looks and leaves: templates, MIME, three transports (SMTP, files, memory).
