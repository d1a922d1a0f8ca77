import { quantile, shownNumber } from "../figures.ts";
import { chartMemoryLimit } from "../heap-flags.ts";
import { PAGE } from "../restart-once.ts";
import type { Scenario } from "../scenario.ts";
import { bytesOf, forecast, memoryOfKey } from "../simulation.ts";
import { restart } from "./restart.ts";
import { start } from "./start.ts";

const INSTALLATION = { keys: 1_000_000, accounts: 200, shards: 20 };
const GIBIBYTE_MIB = 1_024;
const VENDOR = { requestsPerSecond: 10, keysOnAPage: PAGE, callsForRotation: 2 };
/** The defaults of the controller. */
const INVENTORY = { backgroundShare: 0.2, inventorySeconds: 600 };
const ETCD_BYTES = bytesOf(8 * GIBIBYTE_MIB);

/** No API server could hold this here: it is reckoned from what was measured. */
export const scale: Scenario = {
  name: "scale",
  about: `${INSTALLATION.keys} keys in ${INSTALLATION.accounts} accounts on ${INSTALLATION.shards} controllers, by simulation`,
  run: async (bench) => {
    if (bench.shared.emptyMiB === undefined) await start.run(bench);
    if (bench.shared.full === undefined) await restart.run(bench);
    const { emptyMiB = Number.NaN, full } = bench.shared;
    if (full === undefined) throw new Error("the scenario `restart` has measured no memory");
    const keyMiB = memoryOfKey(emptyMiB, quantile(full.peaksMiB, 0.5), full.keys);
    const { memoryMiB, listingSeconds, backgroundListingSeconds, rotationsADay, loads } = forecast(
      INSTALLATION,
      {
        emptyMiB,
        keyMiB,
        bytesPerKey: full.bytesPerKey,
        memoryLimitMiB: await chartMemoryLimit(),
        etcdBytes: ETCD_BYTES,
        ...VENDOR,
        ...INVENTORY,
      },
    );
    const [first] = loads;
    return [
      {
        name: "memory of each controller",
        value: memoryMiB,
        unit: "MiB",
        note: `${shownNumber(bytesOf(keyMiB) / 1_024)} KiB a key, measured over ${full.keys} keys`,
      },
      {
        name: "listing an account at 10 requests a second",
        value: listingSeconds,
        unit: "s",
        note: `${shownNumber(backgroundListingSeconds)} s with the fifth that an inventory may use`,
      },
      { name: "rotations a day that the vendor's limit allows", value: rotationsADay, unit: "" },
      {
        name: `what breaks first: ${first?.name ?? "nothing"}, as a share of its limit`,
        value: first?.share ?? 0,
        unit: "",
        note: loads
          .slice(1)
          .map(({ name, share }) => `${name} ${shownNumber(share)}`)
          .join(", "),
      },
    ];
  },
};
