import { Group, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { Go } from "../app/go.tsx";

/** The head of a page: its name, the sentence that answers its question, and what can be done. */
export function PageHead(props: {
  readonly title: string;
  /** Beside the title: a reference, a state. */
  readonly aside?: ReactNode;
  readonly sentence?: ReactNode;
  readonly actions?: ReactNode;
}) {
  const { title, aside, sentence, actions } = props;
  useEffect(() => {
    document.title = `${title} · Fettle`;
  }, [title]);
  return (
    <div className="page-head">
      <div>
        <Group gap="sm" align="baseline">
          <Title order={1}>{title}</Title>
          {aside}
        </Group>
        {sentence !== undefined && <div className="sentence">{sentence}</div>}
      </div>
      {actions !== undefined && <Group gap="xs">{actions}</Group>}
    </div>
  );
}

/** Sentences of the API whose numbers and names are links to what stands behind them. */
export function LinkedText({ parts }: { readonly parts: readonly TextPart[] }) {
  return parts.map((part, at) =>
    part.href === null ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one sentence have no other name.
      <span key={at}>{part.text}</span>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one sentence have no other name.
      <Go key={at} href={part.href}>
        {part.text}
      </Go>
    ),
  );
}

export interface TextPart {
  readonly text: string;
  readonly href: string | null;
}
