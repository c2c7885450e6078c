# Create binary
peridio binaries create \
--artifact-version-prn $VERSION_PRN \
--target "arm-linux-gnueabihf" \
--hash $FILE_HASH \
--size $FILE_SIZE
# Upload content
peridio binaries upload \
--binary-prn $BINARY_PRN \
--file firmware.bin
