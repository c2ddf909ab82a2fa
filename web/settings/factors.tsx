import { Alert, Button, Group, Modal, Stack, Table, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import { useMe } from "../app/session.ts";
import { makePasskey } from "../identity/enter.ts";
import { linkProvider } from "../identity/provider.ts";
import { Answered } from "../parts/answered.tsx";
import { Command } from "../parts/command.tsx";
import { Empty } from "../parts/empty.tsx";
import { FormEnd } from "../parts/form-end.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { QrCode } from "../parts/qr-code.tsx";
import { RemoveButton } from "../parts/remove-button.tsx";
import { ScrolledTable } from "../parts/scrolled-table.tsx";

type Factors = Reply<"/api/v1/me/factors">;
const TOPICS = ["users", "me"];

/** With what one signs in: passkeys first, then one-time codes beside the password. */
export function FactorsPart() {
  const factors = useAnswer({
    key: ["factors"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/me/factors", { signal })),
  });
  return (
    <>
      <Withheld />
      <Answered of={factors} what="sign-in">
        {(known) => (
          <Stack gap="md">
            <Passkeys known={known} />
            <Codes known={known} />
            <Providers />
          </Stack>
        )}
      </Answered>
    </>
  );
}

/** What this sign-in cannot do, in the server's words. */
function Withheld() {
  const me = useMe();
  const withheld = me.data?.withheld ?? null;
  if (withheld === null) return null;
  return (
    <Alert color="yellow" variant="outline" mb="md" title="Some of your rights wait">
      <Text size="sm">{withheld.reason}</Text>
    </Alert>
  );
}

function Passkeys({ known }: { readonly known: Factors }) {
  const add = useDeed(makePasskey, TOPICS);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    add.mutate(String(new FormData(form).get("title")).trim(), { onSuccess: () => form.reset() });
  };
  return (
    <Panel title="Passkeys">
      <Text size="sm" mb="sm" maw="80ch">
        A passkey is two factors in one: your device and what opens it. No other site can ask for
        it. Add a second one before you need it. It signs you in and does not approve: for that,
        make another one under My approver keys.
      </Text>
      {known.whyNoPasskeys === null ? (
        <form onSubmit={submit}>
          <Group align="flex-end" mb="sm">
            <TextInput name="title" label="Name" placeholder="laptop, security key" required />
            <Button type="submit" loading={add.isPending}>
              Add a passkey
            </Button>
          </Group>
        </form>
      ) : (
        <Text size="sm" mb="sm">
          {known.whyNoPasskeys}
        </Text>
      )}
      {add.isError && <Problem cause={add.error} />}
      {known.passkeys.length === 0 ? (
        <Empty title="No passkey yet">Give it a name above; the browser does the rest.</Empty>
      ) : (
        <ScrolledTable
          name="Passkeys"
          minWidth={520}
          heads={["Name", "Added", "Last used", "Copies", "Actions"]}
        >
          {known.passkeys.map((key) => (
            <PasskeyRow key={key.id} of={key} />
          ))}
        </ScrolledTable>
      )}
    </Panel>
  );
}

function PasskeyRow({ of }: { readonly of: Factors["passkeys"][number] }) {
  const params = { path: { passkey: of.id } };
  return (
    <Table.Tr>
      <Table.Td>{of.title}</Table.Td>
      <Table.Td>
        <Instant at={of.addedAt} />
      </Table.Td>
      <Table.Td>
        <Instant at={of.usedAt} />
      </Table.Td>
      <Table.Td>{of.isBackupEligible ? "may be on several devices" : "this device only"}</Table.Td>
      <Table.Td>
        <RemoveButton
          what={of.title}
          topics={TOPICS}
          act={() => ask(api.DELETE("/api/v1/me/passkeys/{passkey}", { params }))}
        />
      </Table.Td>
    </Table.Tr>
  );
}

function Codes({ known }: { readonly known: Factors }) {
  const [started, setStarted] = useState<{ secret: string; uri: string } | null>(null);
  const [shown, setShown] = useState<readonly string[] | null>(null);
  const start = useDeed(() => ask(api.POST("/api/v1/me/codes")), []);
  const renew = useDeed(() => ask(api.POST("/api/v1/me/codes/recovery")), TOPICS);
  const remove = useDeed(() => ask(api.DELETE("/api/v1/me/codes")), TOPICS);
  const failed = [start, renew, remove].find((deed) => deed.isError);
  return (
    <Panel title="One-time codes">
      {known.hasCodes ? (
        <Group gap="sm">
          <Mark tone="good">in use, {known.recoveryCodesLeft} recovery codes left</Mark>
          <Button
            variant="default"
            onClick={() =>
              renew.mutate(undefined, { onSuccess: (made) => setShown(made.recoveryCodes) })
            }
          >
            New recovery codes
          </Button>
          <Button variant="default" onClick={() => remove.mutate(undefined)}>
            Remove codes
          </Button>
        </Group>
      ) : (
        <Group gap="sm">
          <Text size="sm" maw="70ch">
            An app on your phone shows a code of six digits that you type after your password.
          </Text>
          <Button
            variant="default"
            loading={start.isPending}
            onClick={() => start.mutate(undefined, { onSuccess: setStarted })}
          >
            Add one-time codes
          </Button>
        </Group>
      )}
      {failed !== undefined && <Problem cause={failed.error} />}
      {started !== null && (
        <Confirm
          of={started}
          onClose={() => setStarted(null)}
          onDone={(codes) => {
            setStarted(null);
            setShown(codes);
          }}
        />
      )}
      {shown !== null && <RecoveryCodes codes={shown} onClose={() => setShown(null)} />}
    </Panel>
  );
}

/** Others that vouch for people: an account is linked to one by its person, signed in. */
function Providers() {
  const entrance = useAnswer({
    key: ["entrance"],
    topics: [],
    load: (signal) => ask(api.GET("/api/v1/entrance", { signal })),
  });
  const link = useDeed(linkProvider, []);
  const providers = entrance.data?.providers ?? [];
  if (providers.length === 0) return null;
  return (
    <Panel title="Sign-in by others">
      <Group gap="sm">
        {providers.map(({ name, title }) => (
          <Button key={name} variant="default" onClick={() => link.mutate(name)}>
            Link {title}
          </Button>
        ))}
      </Group>
      {link.isError && <Problem cause={link.error} />}
    </Panel>
  );
}

function Confirm(props: {
  readonly of: { readonly secret: string; readonly uri: string };
  readonly onClose: () => void;
  readonly onDone: (codes: readonly string[]) => void;
}) {
  const { of, onClose, onDone } = props;
  const confirm = useDeed(
    (code: string) => ask(api.POST("/api/v1/me/codes/confirm", { body: { code } })),
    TOPICS,
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const code = String(new FormData(event.currentTarget).get("code")).trim();
    confirm.mutate(code, { onSuccess: (made) => onDone(made.recoveryCodes) });
  };
  return (
    <Modal opened onClose={onClose} title="Add one-time codes">
      <form onSubmit={submit}>
        <Text size="sm" mb="sm">
          Scan this with your app, or type the secret into it.
        </Text>
        <QrCode text={of.uri} label="QR code with the secret" />
        <Text size="xs" className="mono" my="sm" style={{ wordBreak: "break-all" }}>
          {of.secret}
        </Text>
        <TextInput
          name="code"
          label="Code that the app shows now"
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          mb="sm"
          data-autofocus
        />
        <FormEnd deed={confirm} label="Confirm" isDialog onClose={onClose} />
      </form>
    </Modal>
  );
}

function RecoveryCodes(props: { readonly codes: readonly string[]; readonly onClose: () => void }) {
  return (
    <Modal opened onClose={props.onClose} title="Recovery codes">
      <Text size="sm" mb="sm">
        Each stands in for a code once, when the app is lost. They are not shown again: print them,
        or keep them where only you find them.
      </Text>
      <Command text={props.codes.join("\n")} />
    </Modal>
  );
}
