peridio binaries get --prn $BINARY_PRN
