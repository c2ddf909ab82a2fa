-- Certificates of an authority (PEM, nothing secret) that an operator's own mirror of a feed is
-- believed by, beside those of the system.
alter table feed_source add column authority text;
