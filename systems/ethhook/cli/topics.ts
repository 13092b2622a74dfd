import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex } from "@noble/hashes/utils";

/** The topic hash of a Solidity event signature, such as `Transfer(address,address,uint256)`. */
export function topicHash(signature: string): string {
  return `0x${bytesToHex(keccak_256(signature))}`;
}
