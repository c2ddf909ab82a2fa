import { Alert, Button, Group, Text } from "@mantine/core";
import { ApiProblem } from "../app/api.ts";

const titles: Readonly<Record<string, string>> = {
  "not-found": "Not found",
  forbidden: "Not allowed",
  "proof-needed": "Prove that it is you",
  invalid: "Not accepted",
  conflict: "Something else happened first",
  blocked: "Blocked",
  unavailable: "The server cannot answer now",
  "rate-limited": "Too many tries",
};

/** The words of whatever went wrong, the server's own where it spoke. */
export function problemText(cause: unknown): string {
  if (cause instanceof ApiProblem) {
    if (cause.code !== "unavailable" || cause.requestId !== null) return cause.message;
    return "The server does not answer. This page goes on by itself when it is back.";
  }
  return "This page met a fault of its own. Load it again; if that does not help, the command line shows the same.";
}

/** Says what went wrong and what to do, with the number under which the server's log knows more. */
export function Problem(props: { readonly cause: unknown; readonly onRetry?: () => void }) {
  const { cause, onRetry } = props;
  const code = cause instanceof ApiProblem ? cause.code : "internal";
  const requestId = cause instanceof ApiProblem ? cause.requestId : null;
  return (
    <Alert
      color="red"
      variant="outline"
      role="alert"
      my={8}
      title={titles[code] ?? "Something went wrong"}
    >
      <Text size="sm">{problemText(cause)}</Text>
      <Group mt="xs" gap="md">
        {onRetry !== undefined && (
          <Button variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
        {requestId !== null && (
          <Text size="xs" c="dimmed">
            Request <span className="mono">{requestId}</span>
          </Text>
        )}
      </Group>
    </Alert>
  );
}
