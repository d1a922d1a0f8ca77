import * as z from "zod";
import type { EmulatorAddresses } from "./parts.ts";

const keysSchema = z.object({
  data: z.array(z.object({ id: z.string(), description: z.string(), status: z.string() })),
});
const requestsSchema = z.object({ counters: z.record(z.string(), z.number()) });
const answerSchema = z.object({ mode: z.string().optional(), type: z.string().optional() });

/** A key as the vendor's side shows it, without its value. */
export type SeenKey = z.infer<typeof keysSchema>["data"][number];

/** What the data plane says to a key. */
export interface DataPlaneAnswer {
  readonly status: number;
  /** The mode of the key, where it was accepted. */
  readonly mode: string | undefined;
  /** The error's slug, where it was refused. */
  readonly error: string | undefined;
}

/** The emulator as the demo looks at it: from the vendor's side, and with the value of a key. */
export class Vendor {
  readonly #addresses: EmulatorAddresses;

  constructor(addresses: EmulatorAddresses) {
    this.#addresses = addresses;
  }

  /** All keys that exist or existed, without values. */
  async keys(): Promise<readonly SeenKey[]> {
    const answer = await fetch(`${this.#addresses.adminUrl}/keys`);
    return keysSchema.parse(await answer.json()).data;
  }

  /** How many keys were ever asked for. */
  async creates(): Promise<number> {
    const answer = await fetch(`${this.#addresses.adminUrl}/requests`);
    const { counters } = requestsSchema.parse(await answer.json());
    return counters["createApiKey"] ?? 0;
  }

  /** Uses a key the way an application does. */
  async tryKey(value: string): Promise<DataPlaneAnswer> {
    const answer = await fetch(`${this.#addresses.url}/envelopes`, { headers: { "x-api-key": value } });
    const body = answerSchema.parse(await answer.json());
    return { status: answer.status, mode: body.mode, error: body.type?.split("/").at(-1) };
  }
}
