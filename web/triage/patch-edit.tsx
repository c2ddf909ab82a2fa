import { Group, NativeSelect, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, ask } from "../app/api.ts";
import { useDeed } from "../app/queries.ts";
import { actionFor, GuardedButton } from "../parts/actions.tsx";
import { FormEnd } from "../parts/form-end.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import type { PatchReply } from "./patch-reply.ts";
import styles from "./triage.module.css";

type Patch = PatchReply["patch"];

/** What the case lacks before it can leave triage, and the form to write it. */
export function PatchLacks({ patch }: { readonly patch: Patch }) {
  const [isOpen, setOpen] = useState(false);
  const edit = actionFor(patch.actions, "edit");
  if (patch.state !== "triage" || edit === undefined) return null;
  if (isOpen) return <EditForm patch={patch} onClose={() => setOpen(false)} />;
  return (
    <Group mb="md" gap="sm" align="flex-start">
      {patch.missing.length > 0 && (
        <Stack gap={4} style={{ flex: "1 1 320px", minWidth: 0 }}>
          {patch.missing.map(({ field, sentence }) => (
            <Text key={field} size="sm" component="div">
              <Mark tone="attention">Not ready to plan.</Mark> {sentence}
            </Text>
          ))}
        </Stack>
      )}
      <GuardedButton action={edit} size="compact-sm" onClick={() => setOpen(true)}>
        {patch.missing.length > 0 ? "Write what is missing" : "Edit the case"}
      </GuardedButton>
    </Group>
  );
}

function EditForm({ patch, onClose }: { readonly patch: Patch; readonly onClose: () => void }) {
  const [draft, setDraft] = useState({
    justification: patch.justifiedBy === null ? "" : patch.justification,
    versions: patch.affectedVersions.join(", "),
    level: patch.regression.level,
    because: patch.regression.because,
  });
  const change = (part: Partial<typeof draft>) => setDraft({ ...draft, ...part });
  const deed = useDeed(() => save(patch, draft), ["patches"]);
  const least = patch.classifiedBy.justificationMin;
  return (
    <Panel title="Edit the case">
      <form
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          deed.mutate(undefined, { onSuccess: onClose });
        }}
      >
        <Stack gap="sm">
          <Textarea
            size="xs"
            label="Why"
            description={
              least === null
                ? `Now: ${patch.justification}`
                : `It goes out of band: at least ${least} characters on why it cannot wait.`
            }
            value={draft.justification}
            onChange={(event) => change({ justification: event.currentTarget.value })}
            autosize
            minRows={2}
            data-autofocus
          />
          <TextInput
            label="Affected versions"
            description="Source versions, with commas between them."
            value={draft.versions}
            onChange={(event) => change({ versions: event.currentTarget.value })}
          />
          <Group grow align="flex-start">
            <NativeSelect
              size="xs"
              label="Risk of a regression"
              value={draft.level}
              onChange={(event) =>
                change({ level: event.currentTarget.value as typeof draft.level })
              }
              data={["low", "medium", "high"]}
            />
            <TextInput
              label="Because"
              value={draft.because}
              onChange={(event) => change({ because: event.currentTarget.value })}
            />
          </Group>
          <FormEnd deed={deed} label="Save" onClose={onClose} />
        </Stack>
      </form>
    </Panel>
  );
}

/** Sends only what was changed, so that two people can write different fields. */
function save(
  patch: Patch,
  draft: {
    readonly justification: string;
    readonly versions: string;
    readonly level: Patch["regression"]["level"];
    readonly because: string;
  },
) {
  const { justification, level, because } = draft;
  const versions = draft.versions.split(",").flatMap((text) => text.trim() || []);
  const isNewRisk = level !== patch.regression.level || because !== patch.regression.because;
  const body = {
    ...(justification.trim() === "" || justification === patch.justification
      ? {}
      : { justification }),
    ...(versions.join() === patch.affectedVersions.join() ? {} : { affectedVersions: versions }),
    ...(isNewRisk ? { regression: { level, because } } : {}),
  };
  const params = { path: { patch: patch.ref } };
  return ask(api.POST("/api/v1/patches/{patch}/edit", { params, body }));
}
