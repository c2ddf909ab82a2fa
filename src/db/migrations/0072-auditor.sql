-- Who looks after the log reads everything and changes nothing.
alter table role_grant drop constraint role_grant_role_check;
alter table role_grant add constraint role_grant_role_check
  check (role in ('viewer', 'auditor', 'operator', 'approver', 'publisher', 'admin'));
