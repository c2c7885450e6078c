# Split file into parts
split -b 10M firmware.bin part_
# Upload each part
for part in part_*; do
peridio binary-parts create \
--binary-prn $BINARY_PRN \
--part-number $NUMBER \
--file $part
done
