//! Bytes to meaning and back for the panel API v2, without I/O
