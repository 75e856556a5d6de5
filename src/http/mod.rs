//! JSON API and link pages on actix-web; thin: reads a request, calls one use case, writes the answer.
