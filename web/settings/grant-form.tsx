import { Modal, NativeSelect, Stack, TextInput } from "@mantine/core";
import type { FormEvent } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import { FormEnd } from "../parts/form-end.tsx";

type User = Reply<"/api/v1/users/{user}">;
type RoleName = User["grants"][number]["role"];

export function useRoles() {
  return useAnswer({
    key: ["roles"],
    topics: [],
    load: (signal) => ask(api.GET("/api/v1/roles", { signal })),
  });
}

/** Fields of a grant: `role` and `scope`. */
export function RoleChoice() {
  const roles = useRoles();
  return (
    <>
      <NativeSelect
        name="role"
        label="Role"
        data={(roles.data?.items ?? []).map((role) => ({
          value: role.name,
          label: `${role.name}: ${role.words}`,
        }))}
        required
      />
      <TextInput
        name="scope"
        label="Where"
        description="A label expression such as env=production,team=web. Empty means everywhere."
        placeholder="everywhere"
      />
    </>
  );
}

export function GrantForm({
  user,
  onClose,
}: {
  readonly user: User;
  readonly onClose: () => void;
}) {
  const grant = useDeed(
    (fields: FormData) =>
      ask(
        api.POST("/api/v1/users/{user}/grants", {
          params: { path: { user: user.id } },
          body: {
            role: String(fields.get("role")) as RoleName,
            scope: String(fields.get("scope")).trim(),
          },
        }),
      ),
    ["users"],
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    grant.mutate(new FormData(event.currentTarget), { onSuccess: onClose });
  };
  return (
    <Modal opened onClose={onClose} title={`Grant ${user.handle} a role`}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <RoleChoice />
          <FormEnd deed={grant} label="Grant" isDialog onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
