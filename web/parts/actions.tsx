import { Button, type ButtonProps, Group, Modal, Text, Textarea, Tooltip } from "@mantine/core";
import { useState } from "react";
import { useDeed } from "../app/queries.ts";
import { Problem } from "./problem.tsx";

export interface Action {
  readonly verb: string;
  /** What stands on the button, in the server's words. */
  readonly label?: string;
  readonly allowed: boolean;
  /** Why not, in the server's words; null when allowed. */
  readonly reason: string | null;
}

/** The action of that verb among those that the API lists for an object. */
export function actionFor(actions: readonly Action[], verb: string): Action | undefined {
  return actions.find((action) => action.verb === verb);
}

interface ActionButtonProps {
  /** From the API: whether it may be done now, and why not. */
  readonly action: Action | undefined;
  readonly label: string;
  readonly act: (reason: string) => Promise<unknown>;
  /** Topics to ask again afterwards. */
  readonly topics: readonly string[];
  /** What will happen, asked before it does; absent: it is done at once. */
  readonly confirm?: string;
  /** The server wants to know why. */
  readonly asksReason?: boolean;
  readonly isDangerous?: boolean;
  readonly isPrimary?: boolean;
}

/**
 * A button for something the API allows or not. Disabled it stays reachable by keyboard, and its
 * reason stands beside it word for word. The browser decides nothing.
 */
export function ActionButton(props: ActionButtonProps) {
  const { action, label, confirm, asksReason, isDangerous, isPrimary } = props;
  const [isOpen, setOpen] = useState(false);
  const deed = useDeed(props.act, props.topics);
  if (action === undefined) return null;
  const needsTalk = confirm !== undefined || asksReason === true;
  const start = () => {
    if (needsTalk) setOpen(true);
    else deed.mutate("");
  };
  // Loud only where the danger is the point of the page; the dialogue that follows is red anyway.
  const isLoud = isPrimary === true;
  const red = isLoud ? { color: "red.9" } : { c: "var(--bad)" };
  return (
    <>
      <GuardedButton
        action={action}
        {...(isDangerous === true && action.allowed ? red : {})}
        {...(isLoud ? { variant: "filled" } : {})}
        loading={deed.isPending && !isOpen}
        onClick={start}
      >
        {label}
      </GuardedButton>
      {deed.isError && !isOpen && <Problem cause={deed.error} />}
      {isOpen && <Talk {...props} deed={deed} onClose={() => setOpen(false)} />}
    </>
  );
}

type GuardedProps = Omit<ButtonProps, "disabled"> & {
  readonly action: Action;
  readonly onClick: () => void;
  readonly "aria-label"?: string;
};

/**
 * The button itself: refused it looks so, does nothing and tells why, and is still reached by
 * keyboard.
 */
export function GuardedButton({ action, onClick, variant, children, ...looks }: GuardedProps) {
  if (action.allowed) {
    return (
      <Button variant={variant ?? "default"} {...looks} onClick={onClick}>
        {children}
      </Button>
    );
  }
  return (
    <Tooltip
      label={action.reason ?? "Not now"}
      multiline
      // Beside its button, so that what it says belongs to the page's main part.
      withinPortal={false}
      maw={340}
      events={{ hover: true, focus: true, touch: true }}
    >
      <Button variant="default" {...looks} aria-disabled="true" data-disabled>
        {children}
      </Button>
    </Tooltip>
  );
}

function Talk(
  props: ActionButtonProps & {
    readonly deed: ReturnType<typeof useDeed<string, unknown>>;
    readonly onClose: () => void;
  },
) {
  const { deed, onClose, label, confirm, asksReason, isDangerous } = props;
  const [reason, setReason] = useState("");
  return (
    <Modal opened onClose={onClose} title={label}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          deed.mutate(reason.trim(), { onSuccess: onClose });
        }}
      >
        {confirm !== undefined && (
          <Text size="sm" mb="sm">
            {confirm}
          </Text>
        )}
        {asksReason === true && (
          <Textarea
            label="Why"
            description="Kept in the ledger and shown to everybody who looks at this."
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            required
            data-autofocus
            mb="sm"
          />
        )}
        {deed.isError && <Problem cause={deed.error} />}
        <Group justify="flex-end" mt="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={deed.isPending}
            {...(isDangerous === true ? { color: "red.9" } : {})}
          >
            {label}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

/** Reasons why something cannot be done, each beside its name; nothing when all is allowed. */
export function Refusals({ of }: { readonly of: readonly Action[] }) {
  const refused = of.filter((action) => !action.allowed && action.reason !== null);
  if (refused.length === 0) return null;
  const reasons = [...new Set(refused.map((action) => action.reason))];
  const named = (reason: string | null) =>
    refused
      .filter((action) => action.reason === reason)
      .map((action) => action.label ?? action.verb)
      .join(", ");
  return (
    <Text size="sm" c="dimmed" component="div">
      {reasons.map((reason) => (
        <div key={reason}>
          <b>{named(reason)}</b>: {reason}
        </div>
      ))}
    </Text>
  );
}
