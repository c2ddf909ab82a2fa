-- Keys and certificates that a job made anew, as the host's last journal line says it: each with the SHA-256
-- of its file before and after. Null: the job made none.
alter table job_result add column keys text check (length(keys) between 1 and 16384);
