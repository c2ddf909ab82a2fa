import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { type DragEvent, useState } from "react";
import { api, ask } from "../app/api.ts";
import { useDeed } from "../app/queries.ts";
import { Command } from "../parts/command.tsx";
import { Mark } from "../parts/mark.tsx";
import { Problem } from "../parts/problem.tsx";
import styles from "./service.module.css";
import type { JudgedService } from "./service-list.tsx";

interface Draft {
  readonly artifact: string;
  readonly environment: string;
  readonly version: string;
  readonly release: string;
}

type Taken = Awaited<ReturnType<typeof handIn>>;

/** Hands in what is in an artifact: a file from the disk, chosen or dropped here. */
export function PublishSbom(props: {
  readonly service: JudgedService["service"];
  readonly onClose: () => void;
}) {
  const { service, onClose } = props;
  const [file, setFile] = useState<File | null>(null);
  const [draft, setDraft] = useState<Draft>({
    artifact: "",
    environment: "",
    version: "",
    release: "",
  });
  const deed = useDeed(
    (given: File) => handIn(service.id, given, draft),
    ["services", `service:${service.id}`],
  );
  const choose = (given: File | null) => {
    setFile(given);
    deed.reset();
    // The same file of the next build is the same artifact.
    if (given !== null) setDraft({ ...draft, artifact: artifactOf(given.name) });
  };
  return (
    <Modal opened onClose={onClose} title={`Hand in what is in ${service.name}`} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (file !== null) deed.mutate(file);
        }}
      >
        <Stack gap="sm">
          <Drop file={file} onChoose={choose} />
          <Fields draft={draft} change={(part) => setDraft({ ...draft, ...part })} />
          {deed.isError && <Problem cause={deed.error} />}
          {deed.isSuccess && <TakenText of={deed.data} />}
          <Text size="xs" c="dimmed">
            In a pipeline, with a token of the role publisher:
          </Text>
          <Command
            text={`./fettle service sbom put ${service.name} bom.json --fail-on known-exploited critical`}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {deed.isSuccess ? "Close" : "Cancel"}
            </Button>
            <Button
              type="submit"
              loading={deed.isPending}
              disabled={file === null || draft.artifact === "" || deed.isSuccess}
            >
              Hand it in
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Drop(props: {
  readonly file: File | null;
  readonly onChoose: (file: File | null) => void;
}) {
  const { file, onChoose } = props;
  const [isOver, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    onChoose(event.dataTransfer.files[0] ?? null);
  };
  return (
    <label
      className={`${styles["drop"]} ${isOver ? styles["over"] : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <input
        type="file"
        aria-label="Bill of materials or lock file"
        style={{ display: "block", margin: "0 auto 8px", maxWidth: "100%" }}
        onChange={(event) => onChoose(event.currentTarget.files?.[0] ?? null)}
      />
      {file === null ? (
        <span className="dim">
          Drop a file here: CycloneDX, SPDX, package URLs, or a lock file. It is told by its
          content.
        </span>
      ) : (
        <>
          <b>{file.name}</b> <span className="dim">{sizeText(file.size)}</span>
        </>
      )}
    </label>
  );
}

function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function Fields(props: { readonly draft: Draft; readonly change: (part: Partial<Draft>) => void }) {
  const { draft, change } = props;
  const field = (key: keyof Draft, label: string, placeholder: string) => (
    <TextInput
      label={label}
      placeholder={placeholder}
      value={draft[key]}
      onChange={(event) => change({ [key]: event.currentTarget.value.trim() })}
    />
  );
  return (
    <>
      <Group grow align="flex-start" gap="sm">
        {field("artifact", "Artifact", "web")}
        {field("environment", "Environment", "prod")}
      </Group>
      <Group grow align="flex-start" gap="sm">
        {field("version", "Version", "1.4.2")}
        {field("release", "Release, where packages name none", "bookworm")}
      </Group>
    </>
  );
}

function TakenText({ of }: { readonly of: Taken }) {
  const { artifact, isChanged, problems } = of;
  return (
    <div role="status">
      <Mark tone="good">
        {isChanged ? "Taken over" : "Nothing changed"}: {artifact.form},{" "}
        {artifact.componentCount.toLocaleString("en")} entries
      </Mark>
      {artifact.unknownCount > 0 && (
        <details>
          <summary>
            <Mark tone="unknown">
              {artifact.unknownCount.toLocaleString("en")} of them cannot be judged
            </Mark>
          </summary>
          <ul className="dim" style={{ fontSize: 13 }}>
            {problems.map((problem) => (
              <li key={`${problem.place} ${problem.reason}`}>
                {problem.place} {problem.reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function artifactOf(name: string): string {
  return name
    .replaceAll(/[^A-Za-z0-9@._/+:-]+/g, "-")
    .replace(/^[^A-Za-z0-9@]+/, "")
    .slice(0, 127);
}

function handIn(service: string, file: File, draft: Draft) {
  const { artifact, environment, version, release } = draft;
  const query = {
    artifact,
    environment,
    version,
    name: file.name.slice(-200),
    ...(release === "" ? {} : { release }),
  };
  return ask(
    api.PUT("/api/v1/services/{service}/sbom", {
      params: { path: { service }, query },
      body: file as never,
      bodySerializer: () => file,
      headers: { "content-type": "application/octet-stream" },
    }),
  );
}
