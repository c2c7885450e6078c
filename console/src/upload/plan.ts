// What has to be known of an upload to go on with it, after a pause as after a crash. Pure: no browser, no server.

const MIB = 1024 * 1024;
const PART = 16 * MIB;
/** How many parts a content can have, as the API says. */
const MOST_PARTS = 10_000;

/** An upload that was begun. It is kept until the server has all of it. */
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
	/** The file, where the browser can keep a way to it. */
	handle?: FileSystemFileHandle;
}

/** A part of a file. */
export interface Part {
	index: number;
	from: number;
	size: number;
	hash: string;
}

/** The size of the parts: larger where there would be too many. */
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

/** What is still to be sent, if these parts are there: by index, their hashes. */
export function missingParts(plan: Plan, there: ReadonlyMap<number, string>): Part[] {
	return partsOf(plan).filter(({ index, hash }) => there.get(index) !== hash);
}
