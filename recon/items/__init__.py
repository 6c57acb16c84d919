"""What customers owe: tables (CSV, XLSX) of customers, items and mandates, and the company's settings file.

Light to import: openpyxl is loaded when a workbook is read.
"""

from recon.items.checks import Record
from recon.items.columns import Kind
from recon.items.company import change_setting, read_company, read_document
from recon.items.settings_json import dump_settings, load_settings, settings_document, settings_of
from recon.items.table import Table, read_table, recognise

__all__ = [
    "Kind",
    "Record",
    "Table",
    "change_setting",
    "dump_settings",
    "load_settings",
    "read_company",
    "read_document",
    "read_table",
    "recognise",
    "settings_document",
    "settings_of",
]
