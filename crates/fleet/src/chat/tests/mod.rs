//! Behaviour of the transcript, as sentences.
