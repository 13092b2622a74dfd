/** Real contracts on the Sepolia chain, and the events that they emit. */

export const CHAIN_ID = 11_155_111;

/** Contracts on Sepolia, with the checksummed case of EIP-55. */
export const ADDRESSES = {
  usdc: "0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238",
  weth: "0xfFf9976782d46CC05630D1f6eBAb18b2324d6B14",
  dai: "0x68194a729C2450ad26072b3D33ADaCbcef39D574",
  link: "0x779877A7B0D9E8603169DdbD7836e478b4624789",
  /** The pool of USDC and WETH of Uniswap v3. */
  uniswap: "0x3289680dD4d6C10bb19b899729cda5eEF58AEfF1",
  usdt: "0xaA8E23Fb1079EA71e0a56F48a2aA51851D8433D0",
} as const;

/** Events by their Solidity signatures. */
export const SIGNATURES = {
  transfer: "Transfer(address,address,uint256)",
  approval: "Approval(address,address,uint256)",
  deposit: "Deposit(address,uint256)",
  withdrawal: "Withdrawal(address,uint256)",
  swap: "Swap(address,address,int256,int256,uint160,uint128,int24)",
} as const;

/** Their topic hashes: Keccak-256 of the signatures, written out because k6 has no Keccak; a test verifies them. */
export const TOPICS: Readonly<Record<keyof typeof SIGNATURES, string>> = {
  transfer: "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
  approval: "0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925",
  deposit: "0xe1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c",
  withdrawal: "0x7fcf532c15f0a6db0bd6d0e038bea71d30d808c7d98cb3bf7268a95bf5081b65",
  swap: "0xc42079f94a6350d7e6235f29174924f928cc2ac818eb64fed8004e115fbcca67",
};
