import { expect, test } from "vitest";
import { Example } from "./example.ts";

test.concurrent("quickstart: a key is made, renamed, rotated, and revoked, and its value is never shown", async () => {
  await using example = await Example.start("quickstart", { config: { mode: "live" } });
  expect(await example.preview()).toMatch(/\+ pulumi-nodejs:dynamic\/signatureapi:ApiKey: \(create\)/);
  expect(example.keys()).toEqual([]);

  expect(await example.up()).toMatch(/key +: \[secret\]/);
  const first = { id: await example.output("keyId"), value: await example.value("key") };
  expect(await example.answerTo(first.value)).toBe("200 live");

  await example.edit("Checkout service", "Checkout and returns");
  expect(await example.preview()).toMatch(/~ description +: "Checkout service" => "Checkout and returns"/);
  await example.up();
  expect(await example.output("keyId")).toBe(first.id);
  expect(example.keys().map(({ description }) => description)).toEqual([
    expect.stringMatching(/^Checkout and returns \[ak:/),
  ]);

  example.project.advance(84 * 24);
  expect(await example.preview()).toMatch(/~ generation +: 1 => 2/);
  expect(await example.value("key")).toBe(first.value);
  await example.up();
  const second = { id: await example.output("keyId"), value: await example.value("key") };
  expect(second.id).not.toBe(first.id);
  expect(await example.answerTo(first.value)).toBe("200 live");
  expect(await example.answerTo(second.value)).toBe("200 live");

  example.project.advance(26);
  expect(await example.preview()).toMatch(/~ retiredGeneration *: 0 => 1/);
  await example.up();
  expect(await example.answerTo(first.value)).toBe("401 invalid-api-key");
  expect(await example.answerTo(second.value)).toBe("200 live");
  await example.expectNoValueShown();

  await example.destroy();
  expect(await example.answerTo(second.value)).toBe("401 invalid-api-key");
  expect(example.keys().map(({ status }) => status)).toEqual(["revoked", "revoked"]);
  await example.expectNoValueShown();
});

test.concurrent("quickstart: without configuration it makes a test key", async () => {
  await using example = await Example.start("quickstart");
  await example.up();
  expect(await example.answerTo(await example.value("key"))).toBe("200 test");
});
