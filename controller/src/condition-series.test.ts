import { Gauge, Registry } from "@prometheus-io/client";
import { expect, test } from "vitest";
import { ConditionSeries } from "./condition-series.ts";

function setup(): {
  readonly series: ConditionSeries<"name">;
  readonly shown: () => Promise<readonly string[]>;
} {
  const registry = new Registry();
  const labelNames = ["name", "type", "status", "reason"] as const;
  const gauge = new Gauge({ name: "condition", help: "1 if set", labelNames, registers: [registry] });
  const shown = async (): Promise<readonly string[]> =>
    (await registry.metrics()).split("\n").filter((line) => line.startsWith("condition{"));
  return { series: new ConditionSeries(gauge), shown };
}

const ready = { type: "Ready", status: "True", reason: "KeyDelivered" };
const stalled = { type: "Stalled", status: "True", reason: "RolloutStuck" };

test("an object has a series for each condition that it has now, and none for those that ended", async () => {
  const { series, shown } = setup();
  series.show({ name: "a" }, [ready, stalled]);
  expect(await shown()).toEqual([
    'condition{name="a",type="Ready",status="True",reason="KeyDelivered"} 1',
    'condition{name="a",type="Stalled",status="True",reason="RolloutStuck"} 1',
  ]);
  series.show({ name: "a" }, [ready]);
  expect(await shown()).toEqual(['condition{name="a",type="Ready",status="True",reason="KeyDelivered"} 1']);
});

test("nothing but type, status and reason becomes a label: a message may be long, and changes", async () => {
  const { series, shown } = setup();
  series.show({ name: "a" }, [{ ...ready, message: "until 12:00" } as typeof ready]);
  expect((await shown()).join("")).not.toContain("12:00");
});

test("the series of an object that is gone are gone, and those of others stay", async () => {
  const { series, shown } = setup();
  series.show({ name: "a" }, [ready, stalled]);
  series.show({ name: "b" }, [ready]);
  series.forget({ name: "a" });
  expect(await shown()).toEqual(['condition{name="b",type="Ready",status="True",reason="KeyDelivered"} 1']);
});
