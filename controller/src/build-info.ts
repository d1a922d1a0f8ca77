import process from "node:process";
import { Gauge, type Registry } from "@prometheus-io/client";
import manifest from "../package.json" with { type: "json" };

/** The version of this controller, which is that of the chart too. @internal */
export const VERSION = manifest.version;

/** What a process runs with, as its metrics say it. */
export interface SettingsShown {
  /** How often an inventory is made, in milliseconds. */
  readonly inventoryInterval: number;
}

/** Registers what is true of a process from its start to its end. */
export function buildInfo(registry: Registry, { inventoryInterval }: SettingsShown): void {
  const registers = [registry];
  new Gauge({
    name: "signatureapi_build_info",
    help: "1, with the version of the controller and of Node",
    labelNames: ["version", "node_version"],
    registers,
  }).set({ version: VERSION, node_version: process.version }, 1);
  new Gauge({
    name: "signatureapi_inventory_interval_seconds",
    help: "How often an inventory is made (--inventory-interval)",
    registers,
  }).set(inventoryInterval / 1_000);
}
