// All widgets of this file: one chunk.
export { TimeField } from "./time_field";
