peridio binaries upload \
--binary-prn $BINARY_PRN \
--file firmware.bin
