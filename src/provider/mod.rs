//! DNS providers: definitions in YAML read by one engine, and drivers where YAML cannot say it.
