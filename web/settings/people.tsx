import { Badge, Group, Modal, Stack, Table, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api, ask, onceKey, type Reply } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Command } from "../parts/command.tsx";
import { FormEnd } from "../parts/form-end.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Problem } from "../parts/problem.tsx";
import { GrantForm, RoleChoice } from "./grant-form.tsx";

type User = Reply<"/api/v1/users/{user}">;
const TOPICS = ["users"];

/** Who may sign in, with which roles over which hosts. */
export function PeoplePart() {
  const [dialogue, setDialogue] = useState<"add" | User | null>(null);
  const [invited, setInvited] = useState<{ handle: string; invite: string } | null>(null);
  const users = useAnswer({ key: ["users"], topics: TOPICS, load: loadAllUsers });
  return (
    <Answered of={users} what="people">
      {({ items, actions }) => (
        <>
          <Group justify="space-between" mb="sm">
            <Text size="sm">
              {items.length} {items.length === 1 ? "user" : "users"}. Disabling works at once, for
              sessions, tokens and approvals.
            </Text>
            <ActionButton
              action={actionFor(actions, "add")}
              label="Add a person"
              act={async () => setDialogue("add")}
              topics={[]}
              isPrimary
            />
          </Group>
          <Table.ScrollContainer
            minWidth={640}
            type="native"
            tabIndex={0}
            role="group"
            aria-label="People, to scroll"
          >
            <Table aria-label="People and services">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Handle</Table.Th>
                  <Table.Th>Name</Table.Th>
                  <Table.Th>Roles</Table.Th>
                  <Table.Th>State</Table.Th>
                  <Table.Th>
                    <span className="dim">Actions</span>
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {items.map((user) => (
                  <UserRow
                    key={user.id}
                    user={user}
                    onGrant={() => setDialogue(user)}
                    onInvited={(invite) => setInvited({ handle: user.handle, invite })}
                  />
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          {dialogue === "add" && (
            <AddPerson onClose={() => setDialogue(null)} onInvited={setInvited} />
          )}
          {dialogue !== null && dialogue !== "add" && (
            <GrantForm user={dialogue} onClose={() => setDialogue(null)} />
          )}
          {invited !== null && <Invitation {...invited} onClose={() => setInvited(null)} />}
        </>
      )}
    </Answered>
  );
}

/** Pages of the list until its end: people are few. */
async function loadAllUsers(signal: AbortSignal): Promise<Reply<"/api/v1/users">> {
  let page = await loadUsers("", signal);
  const items = [...page.items];
  while (page.next !== null) {
    page = await loadUsers(page.next, signal);
    items.push(...page.items);
  }
  return { ...page, items };
}

function loadUsers(cursor: string, signal: AbortSignal) {
  return ask(api.GET("/api/v1/users", { params: { query: { cursor, limit: 500 } }, signal }));
}

function UserRow(props: {
  readonly user: User;
  readonly onGrant: () => void;
  readonly onInvited: (invite: string) => void;
}) {
  const { user, onGrant, onInvited } = props;
  const params = { path: { user: user.id } };
  const change = (isDisabled: boolean) =>
    ask(api.PATCH("/api/v1/users/{user}", { params, body: { isDisabled } }));
  return (
    <Table.Tr>
      <Table.Td className="mono">{user.handle}</Table.Td>
      <Table.Td>{user.name}</Table.Td>
      <Table.Td miw={170}>
        <Group gap={6}>
          {user.grants.length === 0 && <span className="dim">none</span>}
          {user.grants.map((grant) => (
            <GrantBadge key={grant.id} user={user} grant={grant} />
          ))}
        </Group>
      </Table.Td>
      <Table.Td>
        <UserState user={user} />
      </Table.Td>
      <Table.Td>
        <Group gap={6} wrap="nowrap">
          <ActionButton
            action={actionFor(user.actions, "grant")}
            label="Grant a role"
            act={async () => onGrant()}
            topics={[]}
          />
          {user.kind === "person" && (
            <ActionButton
              action={actionFor(user.actions, "invite")}
              label="Invite"
              confirm={`Makes a link with which ${user.handle} signs in and sets a password. It works once and for 15 minutes; the password of now keeps working until then.`}
              act={async () => {
                const made = await ask(api.POST("/api/v1/users/{user}/invite", { params }));
                onInvited(made.invite);
              }}
              topics={TOPICS}
            />
          )}
          {user.disabledAt === null ? (
            <ActionButton
              action={actionFor(user.actions, "disable")}
              label="Disable"
              confirm={`${user.handle} is signed out at once, tokens stop working, and approvals given so far no longer count.`}
              act={() => change(true)}
              topics={TOPICS}
              isDangerous
            />
          ) : (
            <ActionButton
              action={actionFor(user.actions, "enable")}
              label="Enable"
              act={() => change(false)}
              topics={TOPICS}
            />
          )}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function UserState({ user }: { readonly user: User }) {
  if (user.disabledAt !== null) {
    return (
      <Mark tone="bad">
        disabled <Instant at={user.disabledAt} />
      </Mark>
    );
  }
  if (user.kind === "service") return <Mark tone="good">service</Mark>;
  return user.hasPassword ? (
    <Mark tone="good">active</Mark>
  ) : (
    <Mark tone="waiting" reason="Signs in with a token only, or has not used the invitation yet.">
      no password
    </Mark>
  );
}

function GrantBadge(props: { readonly user: User; readonly grant: User["grants"][number] }) {
  const { user, grant } = props;
  const deed = useDeed(
    () =>
      ask(
        api.DELETE("/api/v1/users/{user}/grants/{grant}", {
          params: { path: { user: user.id, grant: grant.id } },
        }),
      ),
    TOPICS,
  );
  const mayGrant = actionFor(user.actions, "grant")?.allowed === true;
  const where = grant.scope === "" ? "everywhere" : `where ${grant.scope}`;
  return (
    <Badge
      variant="default"
      tt="none"
      // A role without its scope would be read as more than it is, so it is never cut.
      styles={{
        root: { height: "auto", minHeight: 20 },
        label: { whiteSpace: "normal", overflow: "visible" },
      }}
      rightSection={
        mayGrant && (
          <button
            type="button"
            aria-label={`Take ${grant.role} ${where} from ${user.handle}`}
            onClick={() => deed.mutate(undefined)}
            style={{ all: "unset", cursor: "pointer", padding: "0 2px" }}
          >
            ×
          </button>
        )
      }
    >
      {grant.role} {where}
      {deed.isError && <Problem cause={deed.error} />}
    </Badge>
  );
}

function AddPerson(props: {
  readonly onClose: () => void;
  readonly onInvited: (invited: { handle: string; invite: string }) => void;
}) {
  const { onClose, onInvited } = props;
  const add = useDeed(async (fields: FormData) => {
    const role = String(fields.get("role")) as User["grants"][number]["role"];
    const scope = String(fields.get("scope")).trim();
    const body = {
      kind: "person" as const,
      handle: String(fields.get("handle")).trim(),
      name: String(fields.get("name")).trim(),
      grants: [{ role, scope }],
    };
    const user = await ask(api.POST("/api/v1/users", { body, headers: onceKey() }));
    const params = { path: { user: user.id } };
    const made = await ask(api.POST("/api/v1/users/{user}/invite", { params }));
    return { handle: user.handle, invite: made.invite };
  }, TOPICS);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    add.mutate(new FormData(event.currentTarget), {
      onSuccess: (invited) => {
        onClose();
        onInvited(invited);
      },
    });
  };
  return (
    <Modal opened onClose={onClose} title="Add a person">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            name="handle"
            label="Handle"
            description="Stands in signed documents and is never used again: ada, j.doe"
            required
            data-autofocus
          />
          <TextInput name="name" label="Name" required />
          <RoleChoice />
          <FormEnd deed={add} label="Add and invite" isDialog onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}

/** Shown once: the server keeps only a digest of it. */
function Invitation(props: {
  readonly handle: string;
  readonly invite: string;
  readonly onClose: () => void;
}) {
  const { handle, invite, onClose } = props;
  return (
    <Modal opened onClose={onClose} title={`Invitation for ${handle}`} size="lg">
      <Text size="sm" mb="sm">
        Give this link to {handle} by a way that only they read. It works once and for 15 minutes,
        and is not shown again.
      </Text>
      <Command text={`${window.location.origin}/invite#${invite}`} />
    </Modal>
  );
}
