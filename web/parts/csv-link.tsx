import { Button } from "@mantine/core";

/** Saves the whole list that is shown as a CSV file, under the same filters; the server names it. */
export function CsvLink({
  path,
  query,
}: {
  /** Of the list in the API. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}) {
  const asked = new URLSearchParams({ ...query, format: "csv" });
  return (
    <Button component="a" href={`${path}?${asked}`} download variant="default">
      Save as CSV
    </Button>
  );
}
