import { Group, NativeSelect, Stack, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, ask } from "../app/api.ts";
import { useGo } from "../app/go.tsx";
import { useDeed } from "../app/queries.ts";
import { FormEnd } from "../parts/form-end.tsx";
import { Panel } from "../parts/panel.tsx";
import type { KnownIssue } from "./listed-issue.ts";
import styles from "./triage.module.css";

const blank = {
  title: "",
  subject: "",
  affected: "",
  workaround: "",
  audience: "everybody",
  vulnerabilities: "",
};

/** Writes a known issue, or a new revision of one; it is a draft until it is published. */
export function WriteKnownIssue(props: {
  readonly issue?: KnownIssue;
  readonly onClose: () => void;
}) {
  const { issue, onClose } = props;
  const [draft, setDraft] = useState(issue === undefined ? blank : draftOf(issue));
  const go = useGo();
  const deed = useDeed(() => save(issue, draft), ["known-issues"]);
  const text = (name: keyof typeof blank) => ({
    value: draft[name],
    onChange: (event: { readonly currentTarget: { readonly value: string } }) =>
      setDraft({ ...draft, [name]: event.currentTarget.value }),
  });
  return (
    <Panel title={issue === undefined ? "Write a known issue" : `Edit ${issue.ref}`}>
      <form
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          deed.mutate(undefined, {
            onSuccess: (made) => {
              onClose();
              go(made.href);
            },
          });
        }}
      >
        <Stack gap="sm">
          <TextInput label="What is wrong" required data-autofocus {...text("title")} />
          <Group grow align="flex-start">
            <TextInput
              label="Package or service"
              placeholder="cups"
              required
              {...text("subject")}
            />
            <TextInput
              label="Affected versions"
              placeholder="before 2.4.10"
              required
              {...text("affected")}
            />
          </Group>
          <Textarea
            label="How to live with it"
            description="Markdown; it is shown as the text that it is."
            autosize
            minRows={4}
            size="xs"
            required
            {...text("workaround")}
          />
          <Group grow align="flex-start">
            <NativeSelect
              size="xs"
              label="For"
              data={[
                { value: "everybody", label: "everybody who may read known issues" },
                { value: "operations", label: "operations only" },
              ]}
              {...text("audience")}
            />
            <TextInput
              label="Vulnerabilities"
              placeholder="CVE-…, with commas between"
              {...text("vulnerabilities")}
            />
          </Group>
          <FormEnd deed={deed} label="Save as a draft" onClose={onClose} />
        </Stack>
      </form>
    </Panel>
  );
}

function draftOf({ text }: KnownIssue): typeof blank {
  const { title, subject, affected, workaround, audience, vulnerabilities } = text;
  return {
    ...{ title, subject, affected, workaround, audience },
    vulnerabilities: vulnerabilities.join(", "),
  };
}

function save(issue: KnownIssue | undefined, draft: typeof blank) {
  const body = {
    ...draft,
    audience: draft.audience as "everybody",
    vulnerabilities: draft.vulnerabilities
      .split(",")
      .map((id) => id.trim())
      .filter((id) => id !== ""),
  };
  if (issue === undefined) return ask(api.POST("/api/v1/known-issues", { body }));
  return ask(
    api.PATCH("/api/v1/known-issues/{issue}", {
      params: { path: { issue: issue.ref } },
      body: { ...body, revision: issue.revision },
    }),
  );
}
