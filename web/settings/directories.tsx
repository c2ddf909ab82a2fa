import { Alert, Button, Group, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api, ask, onceKey, type Reply } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Command } from "../parts/command.tsx";
import { Empty } from "../parts/empty.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Problem } from "../parts/problem.tsx";
import { ScrolledTable } from "../parts/scrolled-table.tsx";
import { RoleChoice } from "./grant-form.tsx";

type Directory = Reply<"/api/v1/directories">["items"][number];
type Rule = Reply<"/api/v1/directories/{directory}/rules">["items"][number];
const TOPICS = ["users", "tokens"];

/** Directories that keep people here by SCIM: their tokens, and what their groups may do. */
export function DirectoriesPart() {
  const directories = useAnswer({
    key: ["directories"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/directories", { signal })),
  });
  return (
    <>
      <Text size="sm" mb="sm">
        A directory makes, renames and disables its people here, and says who is in which group. It
        has no rights itself; a group gives nothing until a rule below says so.
      </Text>
      <NewDirectory />
      <Answered of={directories} what="directories">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No directory yet" command="./fettle directory add entra">
              Entra, Okta or another one that speaks SCIM 2.0.
            </Empty>
          ) : (
            <Stack gap="xl">
              {items.map((directory) => (
                <DirectoryPart key={directory.id} directory={directory} />
              ))}
            </Stack>
          )
        }
      </Answered>
    </>
  );
}

function NewDirectory() {
  const add = useDeed(
    (body: { readonly handle: string; readonly title: string }) =>
      ask(api.POST("/api/v1/directories", { body })),
    TOPICS,
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = new FormData(form);
    const [handle, title] = ["handle", "title"].map((name) => String(fields.get(name)).trim());
    if (handle === undefined || title === undefined) return;
    add.mutate({ handle, title }, { onSuccess: () => form.reset() });
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" mb="md">
        <TextInput name="handle" label="Handle" placeholder="entra" required />
        <TextInput name="title" label="Title" placeholder="Entra of the company" required />
        <Button type="submit" variant="default" loading={add.isPending}>
          Add a directory
        </Button>
      </Group>
      {add.isError && <Problem cause={add.error} />}
    </form>
  );
}

function DirectoryPart({ directory }: { readonly directory: Directory }) {
  return (
    <section aria-label={directory.title}>
      <Group gap="sm" mb="xs">
        <Title order={2} size="h3">
          {directory.title}
        </Title>
        <DirectoryState directory={directory} />
      </Group>
      <Text size="sm" mb="xs">
        {directory.handle}: {directory.users} people, {directory.groups} groups; last heard{" "}
        {directory.usedAt === null ? "never" : <Instant at={directory.usedAt} />}.
      </Text>
      <NewToken directory={directory} />
      <Rules directory={directory} />
    </section>
  );
}

function DirectoryState({ directory }: { readonly directory: Directory }) {
  if (directory.disabledAt !== null) return <Mark tone="bad">disabled</Mark>;
  if (directory.endsAt === null) return <Mark tone="bad">has no token</Mark>;
  return (
    <Mark tone="good">
      token ends <Instant at={directory.endsAt} />
    </Mark>
  );
}

function NewToken({ directory }: { readonly directory: Directory }) {
  const [made, setMade] = useState<string | null>(null);
  const params = { path: { directory: directory.id } };
  const make = useDeed(
    () =>
      ask(
        api.POST("/api/v1/directories/{directory}/tokens", {
          params,
          body: {},
          headers: onceKey(),
        }),
      ),
    TOPICS,
  );
  return (
    <>
      <Button
        size="xs"
        variant="default"
        loading={make.isPending}
        onClick={() => make.mutate(undefined, { onSuccess: ({ token }) => setMade(token) })}
      >
        Make a token
      </Button>
      {make.isError && <Problem cause={make.error} />}
      {made !== null && (
        <Alert
          color="teal"
          variant="outline"
          my="sm"
          title="Shown once: give both to the directory"
          withCloseButton
          closeButtonLabel="The directory has it"
          onClose={() => setMade(null)}
        >
          <Command text={`${window.location.origin}/scim/v2`} />
          <Command text={made} />
        </Alert>
      )}
    </>
  );
}

function Rules({ directory }: { readonly directory: Directory }) {
  const params = { path: { directory: directory.id } };
  const rules = useAnswer({
    key: ["directories", directory.id, "rules"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/directories/{directory}/rules", { params, signal })),
  });
  return (
    <Answered of={rules} what="rules">
      {({ items }) => (
        <>
          {items.length === 0 ? (
            <Text size="sm" my="sm">
              No rule yet: its groups give nothing.
            </Text>
          ) : (
            <ScrolledTable
              name={`Rules of ${directory.title}`}
              minWidth={480}
              heads={["Group", "Role", "Where", "Action"]}
            >
              {items.map((rule) => (
                <RuleRow key={rule.id} rule={rule} directory={directory} />
              ))}
            </ScrolledTable>
          )}
          <NewRule directory={directory} />
        </>
      )}
    </Answered>
  );
}

function RuleRow({ rule, directory }: { readonly rule: Rule; readonly directory: Directory }) {
  const params = { path: { directory: directory.id, rule: rule.id } };
  const remove = useDeed(
    () => ask(api.DELETE("/api/v1/directories/{directory}/rules/{rule}", { params })),
    TOPICS,
  );
  return (
    <Table.Tr>
      <Table.Td>{rule.group}</Table.Td>
      <Table.Td>{rule.role}</Table.Td>
      <Table.Td>{rule.scope === "" ? "everywhere" : rule.scope}</Table.Td>
      <Table.Td>
        <Button
          size="compact-xs"
          variant="default"
          loading={remove.isPending}
          onClick={() => remove.mutate(undefined)}
          aria-label={`Remove the rule for ${rule.group}`}
        >
          Remove
        </Button>
        {remove.isError && <Problem cause={remove.error} />}
      </Table.Td>
    </Table.Tr>
  );
}

function NewRule({ directory }: { readonly directory: Directory }) {
  const params = { path: { directory: directory.id } };
  const add = useDeed(
    (fields: FormData) =>
      ask(
        api.POST("/api/v1/directories/{directory}/rules", {
          params,
          body: {
            group: String(fields.get("group")).trim(),
            role: String(fields.get("role")) as Rule["role"],
            scope: String(fields.get("scope")).trim(),
          },
        }),
      ),
    TOPICS,
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    add.mutate(new FormData(form), { onSuccess: () => form.reset() });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="xs" my="sm" maw={520}>
        <TextInput name="group" label="Members of the group" required />
        <RoleChoice />
        <Button type="submit" variant="default" loading={add.isPending} w="fit-content">
          Add the rule
        </Button>
      </Stack>
      {add.isError && <Problem cause={add.error} />}
    </form>
  );
}
