import { Button, Group } from "@mantine/core";
import { Problem } from "./problem.tsx";

/** How a form ends: what went wrong when it was sent, the button that sends it, and the way out. */
export function FormEnd(props: {
  readonly deed: {
    readonly isPending: boolean;
    readonly isError: boolean;
    readonly error: unknown;
  };
  readonly label: string;
  readonly isBlocked?: boolean;
  /** In a dialog the button that sends stands last, at the right. */
  readonly isDialog?: boolean;
  readonly onClose: () => void;
}) {
  const { deed, label, isBlocked = false, isDialog = false, onClose } = props;
  const send = (
    <Button type="submit" loading={deed.isPending} disabled={isBlocked}>
      {label}
    </Button>
  );
  const leave = (
    <Button variant="default" onClick={onClose}>
      Cancel
    </Button>
  );
  return (
    <>
      {deed.isError && <Problem cause={deed.error} />}
      {isDialog ? (
        <Group justify="flex-end">
          {leave}
          {send}
        </Group>
      ) : (
        <Group>
          {send}
          {leave}
        </Group>
      )}
    </>
  );
}
