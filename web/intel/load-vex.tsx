import { FileInput, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, ask } from "../app/api.ts";
import { useGo } from "../app/go.tsx";
import { useDeed } from "../app/queries.ts";
import { FormEnd } from "../parts/form-end.tsx";
import { Panel } from "../parts/panel.tsx";

const empty = { title: "", scope: "", product: "", responsible: "", until: "" };

/** Loads one document from a file of the reader's own machine. */
export function LoadVex({ onClose }: { readonly onClose: () => void }) {
  const go = useGo();
  const [file, setFile] = useState<File | null>(null);
  const [signature, setSignature] = useState<File | null>(null);
  const [draft, setDraft] = useState(empty);
  const change = (part: Partial<typeof empty>) => setDraft({ ...draft, ...part });
  const deed = useDeed(async () => {
    const { responsible, until, title, ...rest } = draft;
    return ask(
      api.POST("/api/v1/vex", {
        body: {
          ...rest,
          content: (await file?.text()) ?? "",
          title: title === "" ? (file?.name ?? "") : title,
          ...(signature === null ? {} : { signature: await signature.text() }),
          ...(responsible === "" ? {} : { responsible }),
          ...(until === "" ? {} : { until: `${until}T00:00:00Z` }),
        },
      }),
    );
  }, ["feeds", "findings"]);
  return (
    <Panel title="Load a document">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          deed.mutate(undefined, { onSuccess: (made) => go(`/vex/${made.document.vex}`) });
        }}
      >
        <Stack gap="sm" maw={640}>
          <FileInput
            label="File (OpenVEX, CycloneDX or CSAF)"
            value={file}
            onChange={setFile}
            required
            accept=".json"
          />
          <FileInput
            label="Signature, if there is one"
            description="Made by ssh-keygen -Y sign -n fettle-vex-v1 over the file."
            value={signature}
            onChange={setSignature}
            clearable
          />
          <TextInput
            label="For which hosts"
            description="A label expression such as service=shop,env=prod; empty for every host."
            value={draft.scope}
            onChange={(event) => change({ scope: event.currentTarget.value })}
          />
          <TextInput
            label="What these hosts are as a whole"
            description="A package URL, where statements speak of parts of a product."
            value={draft.product}
            onChange={(event) => change({ product: event.currentTarget.value })}
          />
          <Textarea
            label="Why you answer for it"
            description="Left empty, an unsigned document is shown beside findings and changes nothing."
            value={draft.responsible}
            onChange={(event) => change({ responsible: event.currentTarget.value })}
          />
          <TextInput
            label="Until"
            type="date"
            value={draft.until}
            onChange={(event) => change({ until: event.currentTarget.value })}
          />
          <Text size="sm" c="dimmed">
            Nothing is deleted by it: what it sets aside stays in sight with its reason.
          </Text>
          <FormEnd deed={deed} label="Load" isBlocked={file === null} onClose={onClose} />
        </Stack>
      </form>
    </Panel>
  );
}
