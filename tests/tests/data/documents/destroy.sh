peridio binaries destroy --prn $BINARY_PRN
