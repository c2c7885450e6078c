// The data that is needed to resume an upload after a pause or a crash. No browser and no server are needed.

const MIB = 1024 * 1024;
const PART = 16 * MIB;
/** The maximum number of parts of a content, as in the API. */
const MOST_PARTS = 10_000;

/** An upload that was started. It is kept until the server has all bytes. */
export interface Plan {
	/** The binary's PRN. */
	prn: string;
	versionPrn: string;
	/** `main-firmware/2.0.0/arm-linux-gnueabihf`. */
	title: string;
	fileName: string;
	size: number;
	partSize: number;
	/** The SHA-256 of each part. */
	parts: string[];
	/** A handle of the file, if the browser can keep one. */
	handle?: FileSystemFileHandle;
}

/** A part of a file. */
export interface Part {
	index: number;
	from: number;
	size: number;
	hash: string;
}

/** The size of the parts. It is increased if there would be too many. */
export function partSizeFor(size: number): number {
	return Math.max(PART, Math.ceil(size / MOST_PARTS / MIB) * MIB);
}

/** All parts of an upload, from 1. */
export function partsOf({ size, partSize, parts }: Pick<Plan, "size" | "partSize" | "parts">): Part[] {
	return parts.map((hash, position) => {
		const from = position * partSize;
		return { index: position + 1, from, size: Math.min(partSize, size - from), hash };
	});
}

/** The parts that must still be sent, given the hashes of the existing parts by index. */
export function missingParts(plan: Plan, there: ReadonlyMap<number, string>): Part[] {
	return partsOf(plan).filter(({ index, hash }) => there.get(index) !== hash);
}
