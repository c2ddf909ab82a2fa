-- Packages of registries have no source package, so all of an ecosystem have the same empty one: looking
-- a package up by its source alone walked over all of them, for each of the hundred thousand of a
-- large bill of materials. With name and version behind it the index leads to the one that is meant.
create index package_source_name on package (ecosystem, source, name, version);
drop index package_source;
