import { Text } from "@mantine/core";
import { PageHead } from "../parts/page-head.tsx";
import { Go } from "./go.tsx";

export function NoPage() {
  return (
    <>
      <PageHead
        title="There is no page here"
        sentence="The address may be old or mistyped. The search finds hosts, patches, changes and CVEs by name."
      />
      <Text>
        <Go href="/">Go to the overview</Go>
      </Text>
    </>
  );
}
