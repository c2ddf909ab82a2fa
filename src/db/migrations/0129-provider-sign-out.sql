-- Signing out here signs out at the provider too (OpenID Connect RP-Initiated Logout 1.0).

-- The ID token of the sign-in, by which the provider knows the session that is to end (id_token_hint, §2).
-- Sealed by the key outside the database, and gone with the session.
alter table session add column provider_hint text check (length(provider_hint) between 1 and 8192);

alter table challenge drop constraint challenge_purpose_check;
alter table challenge add constraint challenge_purpose_check
  check (purpose in ('sign-in', 'passkey', 'proof', 'provider', 'provider-sign-out'));
