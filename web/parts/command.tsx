import { Button, CopyButton, Group } from "@mantine/core";

/** A command line to copy. */
export function Command({ text }: { readonly text: string }) {
  return (
    <Group gap="xs" wrap="nowrap" justify="center" align="stretch" mt="xs">
      {/* It takes more lines where it has no room: what is cut off cannot be judged before it is copied. */}
      <pre
        className="text"
        style={{ textAlign: "left", minWidth: 0, whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}
      >
        {text}
      </pre>
      <CopyText text={text} />
    </Group>
  );
}

export function CopyText({
  text,
  label = "Copy",
}: {
  readonly text: string;
  readonly label?: string;
}) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          onClick={copy}
          h="auto"
          mih={28}
          miw="max-content"
          flex="none"
          aria-live="polite"
        >
          {copied ? "Copied" : label}
        </Button>
      )}
    </CopyButton>
  );
}
