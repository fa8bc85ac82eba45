//! What each action means: the only conductor
