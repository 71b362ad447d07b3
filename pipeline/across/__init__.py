"""What only shows across units and years: texts that were copied, figures that differ between files, values unlike those of the kind."""
