import { expect, test } from "vitest";
import { dashboard } from "./dashboard.ts";

const { panels, uid } = await dashboard();

test("each panel says what it shows, and has a query", () => {
  expect(uid).toBe("signatureapi-keys");
  for (const { type, title, description, targets } of panels.filter((panel) => panel.type !== "row")) {
    expect(description?.length, title).toBeGreaterThan(10);
    expect(targets?.length, `${type} ${title}`).toBeGreaterThan(0);
  }
});

test("no panel covers another, and none is wider than the page", () => {
  const cells = new Map<string, string>();
  for (const { title, gridPos } of panels) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect(cells.get(`${x} ${y}`), title).toBeUndefined();
        cells.set(`${x} ${y}`, title);
      }
    }
  }
});
