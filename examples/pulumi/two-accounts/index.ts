import * as pulumi from "@pulumi/pulumi";
import { ApiKey, Provider } from "pulumi-signatureapi";

const config = new pulumi.Config();

// Each provider is a process of its own, which sees the token of its own account and no other.
const sales = new Provider("sales", { token: config.requireSecret("salesToken") });
const legal = new Provider("legal", { token: config.requireSecret("legalToken") });

const rotation = { every: "90d", early: "7d", overlap: "24h" };

const offers = new ApiKey(
  "offers",
  { mode: "live", description: "Offers to customers", rotation },
  { provider: sales },
);
const contracts = new ApiKey(
  "contracts",
  { mode: "live", description: "Contracts of employment", rotation },
  { provider: legal },
);

export const offersKey = offers.key;
export const offersKeyId = offers.keyId;
export const offersAccount = offers.accountId;
export const contractsKey = contracts.key;
export const contractsKeyId = contracts.keyId;
export const contractsAccount = contracts.accountId;
