// The commands with which somebody signs on their own machine. The private key never comes near this page.
import { quoted } from "../../words/commands";

/** With `peridio`, which fetches the hash, signs it and attaches the signature. */
export function peridioCommand(title: string, keyid: string): string {
	return `peridio binaries sign ${quoted(title)} --keyid ${keyid.slice(0, 64)} --signing-key private_key.pem`;
}

/** With `openssl`; the command contains the hash. An Ed25519 key signs its 64 hexadecimal digits, other keys its 32 bytes. */
export function opensslCommand(hash: string, algorithm: string): string {
	const digits = hash.replace("sha256:", "");
	if (algorithm === "ed25519") {
		return `printf %s ${digits} > hash.txt
openssl pkeyutl -sign -rawin -inkey private_key.pem -in hash.txt -out firmware.sig`;
	}
	return `printf %s ${digits} | xxd -r -p > hash.bin
openssl pkeyutl -sign -pkeyopt digest:sha256 -inkey private_key.pem -in hash.bin -out firmware.sig`;
}

/** The signature in a file, in the form of the API: text is sent unchanged, bytes in base64. */
export async function signatureIn(file: Blob): Promise<string> {
	const bytes = new Uint8Array(await file.slice(0, 64 * 1024).arrayBuffer());
	const isText = bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127));
	return isText ? new TextDecoder().decode(bytes).trim() : btoa(String.fromCharCode(...bytes));
}
