import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Command } from "./command.tsx";

/** An empty page teaches: what would be here, and what makes it appear. */
export function Empty(props: {
  readonly title: string;
  readonly children: ReactNode;
  /** A command line that makes it appear. */
  readonly command?: string;
  readonly action?: ReactNode;
}) {
  const { title, children, command, action } = props;
  return (
    <div className="empty">
      <Text fw={600} size="lg">
        {title}
      </Text>
      <Text c="dimmed" mt={6} mb="md" size="sm">
        {children}
      </Text>
      {action}
      {command !== undefined && <Command text={command} />}
    </div>
  );
}
