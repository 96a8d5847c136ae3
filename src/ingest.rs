//! Ingestion: the way of one event, one station a file.
