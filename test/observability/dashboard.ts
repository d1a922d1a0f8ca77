import * as z from "zod";
import { chartFile } from "../chart/helm.ts";

const panelSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  description: z.string().optional(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  targets: z.array(z.looseObject({ expr: z.string() })).optional(),
});

const dashboardSchema = z.looseObject({ title: z.string(), uid: z.string(), panels: z.array(panelSchema) });

/** The dashboard of the chart. */
export type Dashboard = z.infer<typeof dashboardSchema>;

/** Reads the dashboard of the chart. */
export async function dashboard(): Promise<Dashboard> {
  return dashboardSchema.parse(JSON.parse(await chartFile("files/dashboard.json")));
}

/** A query of a panel. */
export interface PanelQuery {
  readonly panel: string;
  readonly expr: string;
}

/** What Grafana sets for the variables of a query when everything is shown. */
const VARIABLES = { $__rate_interval: "20s", $__range: "1m", $job: ".*", $namespace: ".*" };

/** Every query of a dashboard, with its variables set. */
export function queriesOf({ panels }: Dashboard): readonly PanelQuery[] {
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      panel: title,
      expr: Object.entries(VARIABLES).reduce((text, [name, value]) => text.replaceAll(name, value), expr),
    })),
  );
}
