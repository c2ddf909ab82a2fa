import { Group, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, ask } from "../app/api.ts";
import { useGo } from "../app/go.tsx";
import { useDeed } from "../app/queries.ts";
import { FormEnd } from "../parts/form-end.tsx";
import { labelsFrom } from "./labels.tsx";
import type { JudgedService } from "./service-list.tsx";

type Service = JudgedService["service"];

interface Draft {
  readonly name: string;
  readonly title: string;
  readonly team: string;
  readonly owners: string;
  readonly labels: string;
  readonly repository: string;
  readonly hostSelector: string;
  readonly hosts: string;
  readonly needs: string;
}

const blank: Draft = {
  name: "",
  title: "",
  team: "",
  owners: "",
  labels: "",
  repository: "",
  hostSelector: "",
  hosts: "",
  needs: "",
};

function draftOf(service: Service): Draft {
  const names = (list: readonly { readonly name: string }[]) => list.map((one) => one.name);
  return {
    name: service.name,
    title: service.title,
    team: service.team,
    owners: service.owners.join(", "),
    labels: Object.entries(service.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(", "),
    repository: service.repository,
    hostSelector: service.hostSelector ?? "",
    hosts: names(service.namedHosts).join(", "),
    needs: names(service.needs).join(", "),
  };
}

function listOf(text: string): string[] {
  return text.split(/\s*,\s*/).filter((part) => part !== "");
}

/** Adds a service, or changes what is said of one. */
export function ServiceForm(props: { readonly of: Service | null; readonly onClose: () => void }) {
  const { of, onClose } = props;
  const [draft, setDraft] = useState(of === null ? blank : draftOf(of));
  const go = useGo();
  const deed = useDeed(() => (of === null ? added(draft) : edited(of, draft)), ["services"]);
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const done = (service: Service) => {
    onClose();
    go(`/services/${service.name}`);
  };
  return (
    <Modal opened onClose={onClose} title={of === null ? "Add a service" : "Edit"} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          deed.mutate(undefined, { onSuccess: done });
        }}
      >
        <Stack gap="sm">
          <Fields draft={draft} change={change} isNew={of === null} />
          <FormEnd
            deed={deed}
            label={of === null ? "Add the service" : "Save"}
            isBlocked={draft.name === ""}
            isDialog
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}

function Fields(props: {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly isNew: boolean;
}) {
  const { draft, change, isNew } = props;
  const field = (key: keyof Draft, label: string, description?: string) => (
    <TextInput
      label={label}
      description={description}
      value={draft[key]}
      onChange={(event) => change({ [key]: event.currentTarget.value })}
    />
  );
  return (
    <>
      {isNew && (
        <TextInput
          label="Name"
          description="What people type; lower-case letters, digits, dots, hyphens."
          required
          data-autofocus
          value={draft.name}
          onChange={(event) => change({ name: event.currentTarget.value.trim() })}
        />
      )}
      <Group grow align="flex-start" gap="sm">
        {field("title", "Title")}
        {field("team", "Team", "Who answers for it.")}
      </Group>
      {field("owners", "Owners", "People or addresses to turn to, with commas between.")}
      {field("labels", "Labels", "tier=0, data=personal, exposure=internet")}
      {field("hostSelector", "Hosts by label", "Label expression of the hosts that run it.")}
      <Textarea
        label="Hosts by name"
        description="Beside those, with commas between."
        rows={2}
        value={draft.hosts}
        onChange={(event) => change({ hosts: event.currentTarget.value })}
      />
      {field("needs", "Needs", "Services it cannot do without, with commas between.")}
      {field("repository", "Repository", "https://git.example.org/shop")}
    </>
  );
}

function fieldsOf(draft: Draft) {
  return {
    title: draft.title,
    team: draft.team,
    owners: listOf(draft.owners),
    repository: draft.repository.trim(),
    hostSelector: draft.hostSelector.trim() === "" ? null : draft.hostSelector.trim(),
    hosts: listOf(draft.hosts),
    needs: listOf(draft.needs),
  };
}

function added(draft: Draft): Promise<Service> {
  const body = { name: draft.name, labels: labelsFrom(draft.labels), ...fieldsOf(draft) };
  return ask(api.POST("/api/v1/services", { body }));
}

/** Labels that are gone from the field are taken away. */
function edited(service: Service, draft: Draft): Promise<Service> {
  const next = labelsFrom(draft.labels);
  const gone = Object.keys(service.labels).filter((key) => !(key in next));
  const labels = { ...next, ...Object.fromEntries(gone.map((key) => [key, null])) };
  const params = { path: { service: service.id } };
  const body = { labels, ...fieldsOf(draft) };
  return ask(api.PATCH("/api/v1/services/{service}", { params, body }));
}
