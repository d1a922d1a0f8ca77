import type { StatusRecord } from "../view/status.ts";
import { secretNameOf } from "./auditor.ts";
import type { Interference } from "./run.ts";
import type { World } from "./world.ts";
import type { StoredObject, StoredSecret } from "./api-server.ts";

function onObject(name: string, change: (world: World, object: StoredObject) => void): Interference {
  return {
    name,
    apply: (world, key) => {
      const object = world.api.objects.get(key);
      if (object === undefined || object.deleting) return false;
      change(world, object);
      return true;
    },
  };
}

function onSecret(
  name: string,
  change: (world: World, secret: StoredSecret & { record: NonNullable<StoredSecret["record"]> }) => void,
): Interference {
  return {
    name,
    apply: (world, key) => {
      const object = world.api.objects.get(key);
      const secret = object === undefined ? undefined : world.api.secrets.get(secretNameOf(object));
      if (secret?.record === undefined || secret.owner !== object?.uid) return false;
      change(world, { ...secret, record: secret.record });
      return true;
    },
  };
}

export const deleteSecret = onSecret("the Secret is deleted", (world, { name }) =>
  world.api.removeSecret(name),
);

export const editValue = onSecret("the Secret's value is edited", (world, { name }) =>
  world.api.editSecret(name, { value: "edited-by-hand" }),
);

const editPrevious = onSecret("the Secret's previous value is edited", (world, { name }) =>
  world.api.editSecret(name, { previous: "edited-by-hand" }),
);

export const stripAnnotations = onSecret("the Secret's annotations are stripped", (world, { name }) =>
  world.api.editSecret(name, { owner: undefined, record: undefined, touchedFor: undefined }),
);

const forgeKeyId = onSecret("the Secret's key ID is forged", (world, { name, record }) =>
  world.api.editSecret(name, { record: { ...record, keyId: "ak_2" } }),
);

export const forgePrevious = onSecret("a previous key is forged into the Secret", (world, { name, record }) =>
  world.api.editSecret(name, {
    record: {
      ...record,
      previous: [
        ...record.previous,
        { keyId: "ak_1", revokeAt: 0, reason: "RotationDue" },
        { keyId: "ak_2", revokeAt: 0, reason: "RotationDue" },
      ],
    },
  }),
);

export const wipeStatus = onObject("the status is wiped", (world, object) => {
  world.auditor.beforeWipe(object);
  const status: StatusRecord = { revision: 0, abandoned: [], previous: [] };
  world.api.editObject(object.name, { status, verdict: undefined, observedGeneration: 0 });
});

export const editLabel = onObject("a label is edited", (world, { name }) => world.api.editObject(name, {}));

export const deleteObject = onObject("the ApiKey is deleted", (world, { name }) =>
  world.api.deleteObject(name),
);

const revokeOutside = onObject("the key is revoked from outside", (world, object) => {
  const { keyId } = object.status;
  if (keyId !== undefined) world.vendor.revoke(keyId);
});

export const changeTrigger = onObject(
  "the rotation trigger is changed",
  (world, { name, desired, generation }) => {
    if (!("mode" in desired)) return;
    world.api.editObject(name, {
      desired: { ...desired, trigger: `${desired.trigger ?? ""}x` },
      generation: generation + 1,
    });
  },
);

export const setEmergency = onObject("an emergency is called", (world, { name, desired }) => {
  if (!("mode" in desired)) return;
  world.api.editObject(name, { desired: { ...desired, emergency: `${desired.emergency ?? ""}x` } });
});

const editOverlap = onObject("the overlap is edited", (world, { name, desired, generation }) => {
  if (!("mode" in desired)) return;
  const overlap = desired.overlap === 0 ? 7_200_000 : 0;
  world.api.editObject(name, { desired: { ...desired, overlap }, generation: generation + 1 });
});

function onHandMade(name: string, change: (world: World, keyId: string) => void): Interference {
  return {
    name,
    apply: (world) => {
      const [keyId] = world.adoptKeyIds;
      if (keyId !== undefined) change(world, keyId);
      return keyId !== undefined;
    },
  };
}

const THEIRS = "theirs now [ak:ffffffffff.0123456789abcdef:0:foreign3]";

/** What may happen to a key that is to be adopted, and to what is declared of it. */
export const ADOPTION_INTERFERENCE: readonly Interference[] = [
  onHandMade("the key made by hand is revoked", ({ vendor }, keyId) => vendor.revoke(keyId)),
  onHandMade("the key made by hand is rolled by hand", ({ vendor }, keyId) => vendor.roll(keyId)),
  onHandMade("the key made by hand is described anew", ({ vendor, now }, keyId) =>
    vendor.describe(keyId, "something else", now),
  ),
  onHandMade("another installation adopts the key made by hand", ({ vendor, now }, keyId) =>
    vendor.describe(keyId, THEIRS, now),
  ),
  onObject("spec.adopt is taken back", (world, { name, desired, status, generation }) => {
    if (!("mode" in desired) || status.keyId !== undefined) return;
    const { adopt: _taken, ...rest } = desired;
    world.api.editObject(name, { desired: rest, generation: generation + 1 });
  }),
];
const declarePrevious = onObject(
  "the entry for the previous value is declared, or not any more",
  (world, { name, desired, generation }) => {
    if (!("mode" in desired)) return;
    const keepsPrevious = desired.keepsPrevious !== true;
    world.api.editObject(name, { desired: { ...desired, keepsPrevious }, generation: generation + 1 });
  },
);

/** Everything that the holder of a namespace, or an accident, can do. */
export const ALL_INTERFERENCE: readonly Interference[] = [
  deleteSecret,
  editValue,
  editPrevious,
  stripAnnotations,
  forgeKeyId,
  forgePrevious,
  wipeStatus,
  editLabel,
  deleteObject,
  revokeOutside,
  changeTrigger,
  setEmergency,
  editOverlap,
  declarePrevious,
];
